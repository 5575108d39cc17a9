//! Templates of what is alike everywhere: queues and topics, whose names come from the stack's.

/// A template of a queue, of topics and of what `more` declares.
pub(crate) struct Template {
    pub(crate) queue_name: String,
    pub(crate) visibility_timeout: u32,
    pub(crate) topics: &'static [&'static str],
    /// Other queues: logical id and name.
    pub(crate) more: Vec<(&'static str, String)>,
}

impl Template {
    /// The template that stacks begin with.
    pub(crate) fn sample() -> Self {
        let queue_name = "!Sub '${AWS::StackName}-orders'".to_owned();
        Self { queue_name, visibility_timeout: 30, topics: &["Notices"], more: Vec::new() }
    }

    /// As the sample, where nothing is deleted or replaced.
    pub(crate) fn safe_update() -> Self {
        Self { visibility_timeout: 60, topics: &["Notices", "Alarms"], ..Self::sample() }
    }

    /// As the sample, where the queue is replaced.
    pub(crate) fn renamed_queue() -> Self {
        Self { queue_name: "!Sub '${AWS::StackName}-orders-renamed'".to_owned(), ..Self::sample() }
    }

    /// As the sample, where the topic is deleted.
    pub(crate) fn without_topic() -> Self {
        Self { topics: &[], ..Self::sample() }
    }

    /// As the sample, where the queue has a name that no second stack can have.
    pub(crate) fn fixed_name(name: &str) -> Self {
        Self { queue_name: name.to_owned(), ..Self::sample() }
    }

    /// With another queue.
    pub(crate) fn and_queue(mut self, logical_id: &'static str, name: impl Into<String>) -> Self {
        self.more.push((logical_id, name.into()));
        self
    }

    /// The template's text.
    pub(crate) fn text(&self) -> String {
        let mut text = "Parameters:\n  environmentName: {Type: String}\nResources:\n".to_owned();
        let queue = |logical_id: &str, name: &str, visibility_timeout: u32| {
            format!(
                "  {logical_id}:\n    Type: AWS::SQS::Queue\n    Properties:\n      QueueName: {name}\n      \
                 VisibilityTimeout: {visibility_timeout}\n"
            )
        };
        text.push_str(&queue("Orders", &self.queue_name, self.visibility_timeout));
        for (logical_id, name) in &self.more {
            text.push_str(&queue(logical_id, name, self.visibility_timeout));
        }
        for logical_id in self.topics {
            text.push_str("  ");
            text.push_str(logical_id);
            text.push_str(":\n    Type: AWS::SNS::Topic\n");
        }
        text
    }
}
