//! Who a job is in a cloud.

use super::super::TOKEN_REQUEST;
use super::Call;
use crate::plan::{Job, PlanIdentity};
use crate::render::Quoted;
use crate::spec::PlatformName;

/// What the job asks for its tokens with stays in its environment.
pub(super) fn keep(call: Call, job: &Job) -> Call {
    let tokens = job.identities.iter().map(|i| i.variable.as_str());
    let request = TOKEN_REQUEST.into_iter().filter(|_| !job.identities.is_empty());
    tokens.chain(request).fold(call, Call::word)
}

/// `use_identity CLOUD VARIABLE` and what `templates/script/runtime/README.md` lists.
pub(super) fn of(identity: &PlanIdentity) -> Quoted {
    let call =
        Call::new("use_identity").quoted(Quoted::fixed(identity.cloud.word())).word(&identity.variable);
    let call = call.option("name", [identity.name.as_str()]);
    let call = call.option("audience", [identity.usual_audience().as_str()]);
    let call = PlatformName::ALL.into_iter().fold(call, |call, platform| match identity.on.get(&platform) {
        Some(name) => {
            let audience = identity.audience_on(platform);
            call.option("on", [platform.word(), name.as_str(), audience.as_str()])
        }
        None => call,
    });
    call.maybe("region", identity.region.as_deref())
        .maybe("account", identity.account.as_deref())
        .maybe("tenant", identity.tenant.as_deref())
        .maybe("subscription", identity.subscription.as_deref())
        .print()
}
