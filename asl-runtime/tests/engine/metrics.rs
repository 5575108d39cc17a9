//! What engines count and measure, as a recorder sees it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use asl_core::Failure;
use asl_runtime::TaskRequest;
use asl_runtime::engine::metrics as names;
use metrics::{
    Counter, CounterFn, Gauge, GaugeFn, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit,
};
use serde_json::json;

use super::{echo, virtual_engine};
use crate::{task, with};

/// What was recorded, by the name and labels of the metric.
#[derive(Debug, Clone, Default)]
struct Recorded {
    values: Arc<Mutex<BTreeMap<String, Vec<f64>>>>,
    described: Arc<Mutex<Vec<String>>>,
}

impl Recorded {
    fn of(&self, metric: &str) -> Vec<f64> {
        self.values.lock().unwrap().get(metric).cloned().unwrap_or_default()
    }

    /// Checks what a gauge that was moved tells now.
    fn tells(&self, gauge: &str, expected: f64) {
        let moves = self.of(gauge);
        assert!(!moves.is_empty() && (moves.iter().sum::<f64>() - expected).abs() < 0.5, "{gauge}: {moves:?}");
    }

    fn one(&self, key: &Key) -> Arc<One> {
        let labels: Vec<_> = key.labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
        let name = if labels.is_empty() { key.name().into() } else { format!("{} {}", key.name(), labels.join(" ")) };
        Arc::new(One { name, recorded: self.clone() })
    }
}

struct One {
    name: String,
    recorded: Recorded,
}

impl One {
    fn push(&self, value: f64) {
        self.recorded.values.lock().unwrap().entry(self.name.clone()).or_default().push(value);
    }
}

impl CounterFn for One {
    fn increment(&self, value: u64) {
        self.push(f64::from(u32::try_from(value).unwrap()));
    }

    fn absolute(&self, _value: u64) {
        panic!("counters are incremented");
    }
}

impl GaugeFn for One {
    fn increment(&self, value: f64) {
        self.push(value);
    }

    fn decrement(&self, value: f64) {
        self.push(-value);
    }

    fn set(&self, _value: f64) {
        panic!("another engine may have the same gauge");
    }
}

impl HistogramFn for One {
    fn record(&self, value: f64) {
        self.push(value);
    }
}

impl Recorder for Recorded {
    fn describe_counter(&self, key: KeyName, _unit: Option<Unit>, _description: SharedString) {
        self.described.lock().unwrap().push(key.as_str().into());
    }

    fn describe_gauge(&self, key: KeyName, _unit: Option<Unit>, _description: SharedString) {
        self.described.lock().unwrap().push(key.as_str().into());
    }

    fn describe_histogram(&self, key: KeyName, _unit: Option<Unit>, _description: SharedString) {
        self.described.lock().unwrap().push(key.as_str().into());
    }

    fn register_counter(&self, key: &Key, _metadata: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.one(key))
    }

    fn register_gauge(&self, key: &Key, _metadata: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.one(key))
    }

    fn register_histogram(&self, key: &Key, _metadata: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.one(key))
    }
}

#[tokio::test(start_paused = true)]
async fn executions_tasks_and_appends_are_counted_and_measured() {
    let recorded = Recorded::default();
    let _local = metrics::set_default_local_recorder(&recorded);
    let flaky = |request: TaskRequest| async move {
        request.clock().sleep(Duration::from_secs(2)).await;
        if request.retry_count() == 0 { Err(Failure::new("Flaky", "once")) } else { Ok(json!(1)) }
    };
    let engine = virtual_engine().handler("Flaky", flaky).handler("Echo", echo).build().await.unwrap();
    let activity = engine.create_activity("approve").await.unwrap();
    let definition = json!({"StartAt": "Try", "States": {
        "Try": {
            "Type": "Task", "Resource": crate::function_arn("Flaky"), "Next": "Nap",
            "Retry": [{"ErrorEquals": ["Flaky"], "IntervalSeconds": 5}],
        },
        "Nap": {"Type": "Wait", "Seconds": 60, "Next": "Approve"},
        "Approve": {"Type": "Task", "Resource": &*activity, "TimeoutSeconds": 30, "Next": "Done", "Catch": [
            {"ErrorEquals": ["States.Timeout"], "Next": "Done"},
        ]},
        "Done": with(task("Echo"), json!({})),
    }});
    let machine = engine.create_state_machine("orders", &definition.to_string()).await.unwrap();
    let arn = engine.start_execution(&machine, None, json!({})).await.unwrap().execution_arn;
    tokio::time::sleep(Duration::from_secs(12)).await;
    recorded.tells("asl_executions_hosted", 1.0);
    recorded.tells("asl_executions_sleeping", 1.0);
    tokio::time::sleep(Duration::from_mins(1)).await;
    assert_eq!(recorded.of("asl_queue_length queue=activity"), [1.0]);
    engine.wait(&arn).await.unwrap();
    engine.shutdown(Duration::from_secs(1)).await;

    for (metric, values) in [
        ("asl_executions_started_total", vec![1.0]),
        ("asl_executions_ended_total status=SUCCEEDED", vec![1.0]),
        ("asl_executions_ended_total status=FAILED", vec![]),
        ("asl_execution_duration_seconds status=SUCCEEDED", vec![99.0]),
        ("asl_tasks_scheduled_total resource=lambda", vec![1.0; 3]),
        ("asl_tasks_failed_total resource=lambda", vec![1.0]),
        ("asl_tasks_retried_total resource=lambda", vec![1.0]),
        ("asl_tasks_succeeded_total resource=lambda", vec![1.0; 2]),
        ("asl_tasks_scheduled_total resource=activity", vec![1.0]),
        ("asl_tasks_timed_out_total resource=activity", vec![1.0]),
        ("asl_tasks_redelivered_total resource=lambda", vec![]),
    ] {
        assert_eq!(recorded.of(metric), values, "{metric}");
    }
    let durations = recorded.of("asl_task_duration_seconds resource=lambda");
    assert_eq!(durations.iter().map(|seconds| seconds.round()).collect::<Vec<_>>(), [2.0, 2.0, 0.0]);
    let appends = recorded.of("asl_append_entries");
    assert_eq!(appends.len(), recorded.of("asl_append_duration_seconds").len());
    let journalled = appends.iter().sum::<f64>();
    assert!(journalled >= 7.0, "the start, three answers and three deadlines: {journalled}");
    for gauge in [
        "asl_executions_hosted",
        "asl_executions_sleeping",
        "asl_handlers_running",
        "asl_queue_length queue=worker",
        "asl_queue_length queue=handler",
        "asl_queue_length queue=activity",
    ] {
        recorded.tells(gauge, 0.0);
    }
}

#[tokio::test(start_paused = true)]
async fn tasks_that_are_delivered_again_are_counted_apart() {
    let store = asl_runtime::store::MemoryStore::new();
    let stuck = |_: TaskRequest| async { std::future::pending::<Result<(), Failure>>().await };
    let engine = virtual_engine().store(store.clone()).handler("Echo", stuck).build().await.unwrap();
    let machine = engine.create_state_machine("orders", &crate::machine_of(&task("Echo")).to_string()).await.unwrap();
    let arn = engine.start_execution(&machine, None, json!({})).await.unwrap().execution_arn;
    engine.shutdown(Duration::ZERO).await;

    let recorded = Recorded::default();
    let _local = metrics::set_default_local_recorder(&recorded);
    let engine = virtual_engine().store(store).handler("Echo", echo).build().await.unwrap();
    engine.wait(&arn).await.unwrap();
    assert_eq!(recorded.of("asl_tasks_redelivered_total resource=lambda"), [1.0]);
    assert_eq!(recorded.of("asl_tasks_succeeded_total resource=lambda"), [1.0]);
    assert!(recorded.of("asl_tasks_scheduled_total resource=lambda").is_empty());
    assert!(recorded.of("asl_executions_started_total").is_empty());
    drop(engine);
}

#[tokio::test(start_paused = true)]
async fn every_metric_is_described_under_its_name() {
    let recorded = Recorded::default();
    let _local = metrics::set_default_local_recorder(&recorded);
    let _engine = virtual_engine().build().await.unwrap();
    let described = recorded.described.lock().unwrap();
    let all = [
        names::EXECUTIONS_STARTED,
        names::EXECUTIONS_ENDED,
        names::EXECUTION_DURATION,
        names::TASKS_SCHEDULED,
        names::TASKS_SUCCEEDED,
        names::TASKS_FAILED,
        names::TASKS_TIMED_OUT,
        names::TASKS_RETRIED,
        names::TASKS_REDELIVERED,
        names::TASK_DURATION,
        names::APPEND_DURATION,
        names::APPEND_ENTRIES,
        names::EXECUTIONS_HOSTED,
        names::EXECUTIONS_SLEEPING,
        names::HANDLERS_RUNNING,
        names::QUEUE_LENGTH,
    ];
    assert_eq!(*described, all);
}
