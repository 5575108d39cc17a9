//! W8: a large payload that is wrapped, unwrapped and changed.

use std::sync::Arc;

use asl_core::Value;
use asl_core::value::Object;

use super::{ByHand, object};

pub(super) fn payload() -> ByHand {
    let [doc, step, id, run, tag, picked, items, copy, meta] =
        ["doc", "step", "id", "run", "tag", "picked", "items", "copy", "meta"].map(Arc::<str>::from);
    let x = Value::from("x");
    Box::new(move |input| {
        let mut payload = input;
        for round in 0..10_u32 {
            let wrapped: Object = [(doc.clone(), payload), (step.clone(), round.into())].into_iter().collect();
            payload = wrapped.get(&doc).cloned().unwrap_or_default();
            drop(wrapped);
            let lines = payload.get(&items).cloned().unwrap_or_default();
            let first = lines.at(round as usize * 10).and_then(|line| line.get(&id)).cloned().unwrap_or_default();
            let number = payload.get(&meta).and_then(|meta| meta.get(&run)).cloned().unwrap_or_default();
            let choice: Object =
                [(id.clone(), first), (run.clone(), number), (tag.clone(), x.clone())].into_iter().collect();
            let mut document = object(payload);
            document.insert(picked.clone(), choice);
            document.insert(items.clone(), lines);
            let copied = document.get(&meta).cloned().unwrap_or_default();
            let mut target = document.get(&copy).cloned().map(object).unwrap_or_default();
            target.insert(meta.clone(), copied);
            document.insert(copy.clone(), target);
            payload = document.into();
        }
        payload
    })
}
