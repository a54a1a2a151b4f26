use super::*;

#[test]
fn the_table_is_in_order_and_names_each_code_once() {
    let ids: Vec<&str> = RULES.iter().map(|r| r.code.id).collect();
    let mut sorted = ids.clone();
    sorted.sort_unstable();
    sorted.dedup();
    assert_eq!(ids, sorted);
}
