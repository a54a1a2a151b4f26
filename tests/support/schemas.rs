//! Documents held against the schemas that `mlpipe schema` prints, and what those would let through.

#![allow(dead_code, clippy::panic, reason = "each test binary uses its own part, and stops where it fails")]

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::Value;

/// Names under which an object is a table of the user's own names.
const TABLES: [&str; 4] = ["env", "inputs", "found", "rules"];

/// A schema, ready to judge.
pub(crate) struct Judge {
    schemas: Schemas,
    index: SchemaIndex,
}

impl Judge {
    /// `part` of a schema is such as `/$defs/rule`; the whole where it is empty.
    pub(crate) fn new(name: &str, part: &str) -> Self {
        let Some(schema) = mlpipe::report::schema(name) else { panic!("there is no schema {name}") };
        let text: Value = serde_json::from_str(schema.text).unwrap_or_else(|e| panic!("{name}: {e}"));
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        let at = text["$id"].as_str().unwrap_or_default().to_owned();
        compiler.add_resource(&at, text).unwrap_or_else(|e| panic!("{name}: {e}"));
        let index = compiler
            .compile(&format!("{at}#{part}"), &mut schemas)
            .unwrap_or_else(|e| panic!("{name}: {e:#}"));
        Self { schemas, index }
    }

    pub(crate) fn takes(&self, document: &Value) -> bool {
        self.schemas.validate(document, self.index).is_ok()
    }

    /// Stops where the document is not as the schema says.
    pub(crate) fn check(&self, document: &Value, what: &str) {
        if let Err(e) = self.schemas.validate(document, self.index) {
            panic!("{what}: {e:#}\n{document:#}");
        }
    }

    /// The places at which a right document could lose a field or get one more without being refused.
    pub(crate) fn holes(&self, document: &Value) -> Vec<String> {
        let mut holes = Vec::new();
        let mut whole = document.clone();
        self.look("", document, &mut whole, &mut holes);
        holes
    }

    fn look(&self, at: &str, here: &Value, whole: &mut Value, holes: &mut Vec<String>) {
        let below: Vec<(String, &Value)> = match here {
            Value::Object(map) => {
                map.iter().map(|(k, v)| (k.replace('~', "~0").replace('/', "~1"), v)).collect()
            }
            Value::Array(list) => list.iter().enumerate().map(|(i, v)| (i.to_string(), v)).collect(),
            _ => return,
        };
        let table = at.rsplit('/').next().is_some_and(|name| TABLES.contains(&name));
        if let Value::Object(map) = here
            && !table
        {
            for key in map.keys() {
                let mut less = map.clone();
                less.shift_remove(key);
                self.with(at, Value::Object(less), whole, || format!("{at} without {key}"), holes);
            }
            let mut more = map.clone();
            more.insert("nobody_has_this".into(), Value::Null);
            self.with(at, Value::Object(more), whole, || format!("{at} with more"), holes);
        }
        for (key, value) in below {
            self.look(&format!("{at}/{key}"), value, whole, holes);
        }
    }

    fn with(
        &self,
        at: &str,
        new: Value,
        whole: &mut Value,
        what: impl Fn() -> String,
        holes: &mut Vec<String>,
    ) {
        let Some(place) = whole.pointer_mut(at) else { panic!("no {at}") };
        let old = std::mem::replace(place, new);
        if self.takes(whole) {
            holes.push(what());
        }
        if let Some(place) = whole.pointer_mut(at) {
            *place = old;
        }
    }
}
