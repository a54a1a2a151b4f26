//! Makes the schemas from the types, and holds the files against them.

use super::{ALL, find};
use crate::diag::{self, Code, Severity};
use crate::plan::Plan;
use crate::platform::Feature;
use crate::report::{doctor, json, scenario, setup, targets};
use crate::scenario::Time;
use crate::spec::PlatformName;
use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings, json_schema};
use serde_json::{Map, Value, json};
use std::borrow::Cow;
use std::path::Path;

impl JsonSchema for Time {
    fn schema_name() -> Cow<'static, str> {
        "Seconds".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "number", "minimum": 0, "description": "Seconds from the start of the run." })
    }
}

impl JsonSchema for Feature {
    fn schema_name() -> Cow<'static, str> {
        "Feature".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let words: Vec<&str> = Self::ALL.iter().map(|f| f.words()).collect();
        json_schema!({ "enum": words })
    }
}

/// The schemas that types have; the others are written by hand, and tests hold what is written against them.
fn generated() -> Vec<(&'static str, Value)> {
    vec![
        ("findings", of::<json::Document<'_>>()),
        ("plan", of::<Plan>()),
        ("test", of::<scenario::Document<'_>>()),
        ("simulate", of::<scenario::Simulated<'_>>()),
        ("targets", of::<targets::Document<'_>>()),
        ("setup", of::<setup::Document<'_>>()),
        ("doctor", of::<doctor::Document<'_>>()),
        ("config", config()),
    ]
}

/// `mlpipe.toml` is read by hand, for the sake of its findings; the rules that it may name are in the table of codes.
fn config() -> Value {
    let fixed = |c: &Code| c.severity == Severity::Error;
    let levels = |of: &Code| if fixed(of) { json!("#/$defs/Error") } else { json!("#/$defs/Severity") };
    let names: Map<String, Value> = diag::ALL
        .iter()
        .map(|c| (c.name.to_owned(), json!({ "$ref": levels(c), "description": c.id })))
        .collect();
    let ids = |wanted: bool| {
        let ids: Vec<&str> = diag::ALL.iter().filter(|c| fixed(c) == wanted).map(|c| c.id).collect();
        format!("^({})$", ids.join("|"))
    };
    let platforms: Vec<&str> = PlatformName::ALL.iter().map(|p| p.word()).collect();
    json!({
        "type": "object",
        "properties": {
            "platforms": {
                "type": "array",
                "items": { "enum": platforms },
                "minItems": 1,
                "uniqueItems": true,
                "description": "What compile, check and lint look at where --to is not given."
            },
            "templates": {
                "type": "string",
                "minLength": 1,
                "description": "What --templates names where it is not given, from the folder of this file."
            },
            "rules": {
                "type": "object",
                "properties": names,
                "patternProperties": {
                    (ids(true)): { "$ref": "#/$defs/Error" },
                    (ids(false)): { "$ref": "#/$defs/Severity" }
                },
                "description": "Severities, by the name or the code of a rule. What is an error without any configuration stays one."
            },
            "lint": {
                "type": "object",
                "properties": {
                    "deny": {
                        "enum": ["error", "warning", "note"],
                        "description": "The mildest severity that fails lint where --deny is not given."
                    }
                },
                "description": "Of mlpipe lint."
            }
        },
        "description": "What holds for every pipeline of a repository. Everything in it is optional.",
        "$defs": {
            "Severity": { "enum": ["error", "warning", "note", "off"] },
            "Error": { "const": "error", "description": "It is an error, and no configuration lowers it." }
        }
    })
}

fn of<T: JsonSchema>() -> Value {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    generator.into_root_schema_for::<T>().to_value()
}

/// The text of a schema's file.
fn text(name: &str, made: Value) -> String {
    let Value::Object(made) = made else { panic!("{name}: a schema is an object") };
    let defs = made.get("$defs").cloned().unwrap_or_else(|| json!({}));
    let mut root = Value::Object(made);
    tidy(&mut root, &defs);
    let Value::Object(mut root) = root else { panic!("{name}: a schema is an object") };
    let defs = root.shift_remove("$defs");
    root.shift_remove("$schema");
    root.shift_remove("title");
    let mut file = Map::new();
    file.insert("$schema".into(), "https://json-schema.org/draft/2020-12/schema".into());
    file.insert("$id".into(), format!("urn:mlpipe:schema:{name}").into());
    file.insert("title".into(), find(name).unwrap().of.replace('`', "").into());
    file.extend(root);
    if let Some(Value::Object(mut defs)) = defs {
        // What was put in its place is not referred to any more; taking one away can free the next.
        loop {
            let all = format!("{}{}", Value::Object(file.clone()), Value::Object(defs.clone()));
            let before = defs.len();
            defs.retain(|name, _| all.contains(&format!("\"#/$defs/{name}\"")));
            if defs.len() == before {
                break;
            }
        }
        if !defs.is_empty() {
            file.insert("$defs".into(), Value::Object(defs));
        }
    }
    serde_json::to_string_pretty(&file).unwrap() + "\n"
}

/// Closes every object, and says in plain words what the types' comments say to `rustdoc`.
fn tidy(schema: &mut Value, defs: &Value) {
    match schema {
        Value::Object(map) => {
            // A tagged variant refers to its fields; a closed object has to list them all.
            let tagged = map.get("properties").is_some();
            if tagged && let Some(Value::String(to)) = map.shift_remove("$ref") {
                let name = to.trim_start_matches("#/$defs/");
                for key in ["properties", "required"] {
                    match (map.get_mut(key), defs[name].get(key)) {
                        (Some(Value::Object(own)), Some(Value::Object(more))) => {
                            own.extend(more.clone());
                        }
                        (Some(Value::Array(own)), Some(Value::Array(more))) => {
                            own.extend(more.iter().cloned());
                        }
                        _ => panic!("{name} has no {key}"),
                    }
                }
            }
            if map.get("format").and_then(Value::as_str).is_some_and(|f| f != "uri") {
                map.shift_remove("format");
            }
            if let Some(Value::String(text)) = map.get_mut("description") {
                *text = text.replace("[`", "`").replace("`]", "`").replace('\n', " ");
            }
            map.values_mut().for_each(|v| tidy(v, defs));
            if tagged && !map.contains_key("additionalProperties") {
                map.insert("additionalProperties".into(), false.into());
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|v| tidy(v, defs)),
        _ => {}
    }
}

#[test]
fn the_schemas_are_those_of_the_types() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
    for (name, made) in generated() {
        let wanted = text(name, made);
        let path = folder.join(format!("{name}.json"));
        if std::env::var_os("UPDATE_SCHEMAS").is_some() {
            std::fs::write(path, wanted).unwrap();
            continue;
        }
        let there = std::fs::read_to_string(path).unwrap();
        assert!(
            there == wanted,
            "schemas/{name}.json is behind its type: UPDATE_SCHEMAS=1 cargo test --lib schema"
        );
    }
}

#[test]
fn every_file_is_listed_and_is_a_schema() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
    let mut files: Vec<String> =
        folder.read_dir().unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    files.sort();
    let mut listed: Vec<String> = ALL.iter().map(|s| format!("{}.json", s.name)).collect();
    listed.sort();
    assert_eq!(files, listed);
    for schema in ALL {
        let read: Value = serde_json::from_str(schema.text).unwrap();
        assert_eq!(read["$id"], format!("urn:mlpipe:schema:{}", schema.name));
        let mut compiler = boon::Compiler::new();
        compiler.add_resource(schema.name, read).unwrap();
        compiler.compile(schema.name, &mut boon::Schemas::new()).unwrap();
    }
}
