//! The image, built twice over: `image-check` on pull requests (no credentials, nothing pushed) and `image`.

use super::{
    Builder, Draft,
    gates::{model_work, needs_secret},
    identities, is_pull_request, runners,
};
use crate::plan::{
    Condition, ImageWork, Piece, PlanLogin, PlanScan, PlanTag, Right, SecretFrom, SecretUse, Text, Work,
};
use crate::spec::{Image, ImageTag, Registry};

impl Builder<'_> {
    pub(super) fn image(&mut self) {
        let Some(image) = &self.spec.image else { return };
        let pull_requests = self.triggers.everything().only(is_pull_request);
        // The job needs every model, and one that is fetched with an identity is in no pull request.
        let without = self.spec.models.values().all(|m| m.auth.is_empty());
        if pull_requests.can_hold() && without {
            self.image_job(image, false, pull_requests);
        }
        let deploying = self.triggers.deploying();
        if deploying.can_hold() {
            self.image_job(image, true, deploying);
        }
    }

    fn image_job(&mut self, image: &Image, push: bool, own: Condition) {
        let gates = self.blocking_gates();
        let models = self.ids(|j| matches!(j.work, Work::Model(_)));
        let needs: Vec<String> = gates.iter().chain(&models).cloned().collect();
        let work = self.image_work(image, push, gates);
        let with_secret = self.spec.models.values().any(needs_secret) && !work.models.is_empty();
        let own = if with_secret { own.trusted() } else { own };
        let mut secrets: Vec<SecretUse> = self
            .spec
            .models
            .values()
            .filter(|m| work.models.iter().any(|w| w.name == m.name.node))
            .flat_map(|m| self.model_secrets(m))
            .collect();
        let identities: Vec<_> = self
            .spec
            .models
            .values()
            .filter(|m| work.models.iter().any(|w| w.name == m.name.node))
            .flat_map(|m| self.identities_of_model(m, true))
            .collect();
        if push {
            secrets.extend(self.login_secrets(image));
        }
        let (id, args) = if push {
            ("image", vec!["image".to_owned()])
        } else {
            ("image-check", vec!["image".to_owned(), "check".to_owned()])
        };
        let job = self.add(Draft {
            id: id.into(),
            title: title(push, image.scan.is_some()).into(),
            head: image.common.head,
            args,
            needs: needs.clone(),
            reads: needs,
            own,
            runner: runners::Kind::Build,
            common: &image.common,
            work: Work::Image(work),
        });
        for s in secrets {
            if !job.secrets.iter().any(|have| have.name == s.name) {
                job.secrets.push(s);
            }
        }
        identities::give(job, identities);
        if push && image.registry.node == Registry::Ghcr {
            job.rights.push(Right::WritePackages);
        }
    }

    fn image_work(&mut self, image: &Image, push: bool, gates: Vec<String>) -> ImageWork {
        let mut tags: Vec<PlanTag> = image.tags.iter().map(|t| plan_tag(&t.node)).collect();
        if tags.is_empty() {
            if push {
                self.defaulted("image.tags", "commit", "a tag that never moves");
            }
            tags.push(PlanTag::Commit);
        }
        if push && image.dockerfile.is_none() {
            self.defaulted("image.dockerfile", "Dockerfile", "docker's own default");
        }
        let (moving_tags, fixed_tags) = tags.into_iter().partition(moves);
        let repository = image.repository.node.clone();
        let context = image.context.as_ref().map_or_else(|| ".".to_owned(), |c| c.node.clone());
        ImageWork {
            registry: image.registry.node,
            host: host(image.registry.node, &repository),
            dockerfile: image.dockerfile.as_ref().map_or_else(|| "Dockerfile".to_owned(), |d| d.node.clone()),
            context,
            fixed_tags,
            moving_tags,
            scan: image
                .scan
                .as_ref()
                .map(|s| PlanScan { tool: s.tool.node.clone(), fail_on: s.fail_on.node }),
            login: push.then(|| login(image)),
            models: image
                .with_models
                .iter()
                .filter_map(|n| self.spec.models.get(&n.node))
                .map(model_work)
                .collect(),
            push,
            gates,
            repository,
        }
    }

    /// What the job that pushes needs to log in.
    pub(super) fn login_secrets(&self, image: &Image) -> Vec<SecretUse> {
        match (&image.login, image.registry.node) {
            (Some((user, password)), _) => {
                [user, password].into_iter().map(|s| self.secret(s, crate::plan::SecretKind::Text)).collect()
            }
            (None, Registry::Ghcr) => vec![
                self.built_in("GHCR_USER", SecretFrom::StoreExceptGithub),
                self.built_in("GHCR_TOKEN", SecretFrom::GithubToken),
            ],
            (None, Registry::Gitlab) => vec![
                self.built_in("CI_REGISTRY_USER", SecretFrom::GitlabPredefined),
                self.built_in("CI_REGISTRY_PASSWORD", SecretFrom::GitlabPredefined),
            ],
            (None, _) => vec![],
        }
    }
}

/// Says of a scan only where there is one.
fn title(push: bool, scan: bool) -> &'static str {
    match (push, scan) {
        (true, true) => "Image: build, scan, push",
        (true, false) => "Image: build, push",
        (false, true) => "Image: build and scan",
        (false, false) => "Image: build",
    }
}

/// The next run may want the same tag for another image: it follows the branch, or is `latest` by another name. A text
/// with the commit or the git tag in it never moves, and neither does a version that a person wrote down.
fn moves(tag: &PlanTag) -> bool {
    let named = |text: &Text, name: &str| text.0.iter().any(|p| matches!(p, Piece::Ref(r) if r == name));
    match tag {
        PlanTag::Branch | PlanTag::Latest => true,
        PlanTag::Commit | PlanTag::ShortCommit | PlanTag::GitTag => false,
        PlanTag::Text(text) => {
            let fixed = named(text, "commit") || named(text, "tag");
            let latest = text.as_literal().is_some_and(|t| t == "latest");
            !fixed && (latest || named(text, "branch"))
        }
    }
}

fn plan_tag(t: &ImageTag) -> PlanTag {
    match t {
        ImageTag::Commit => PlanTag::Commit,
        ImageTag::ShortCommit => PlanTag::ShortCommit,
        ImageTag::Branch => PlanTag::Branch,
        ImageTag::Tag => PlanTag::GitTag,
        ImageTag::Latest => PlanTag::Latest,
        ImageTag::Text(s) => PlanTag::Text(s.clone()),
    }
}

fn login(image: &Image) -> PlanLogin {
    match (&image.login, image.registry.node) {
        (Some((user, password)), _) => {
            PlanLogin::Secrets { user: user.node.clone(), password: password.node.clone() }
        }
        (None, Registry::Gitlab) => PlanLogin::Gitlab,
        (None, _) => PlanLogin::Ghcr,
    }
}

/// The host that `docker login` wants: the repository's first part, when that part is one.
fn host(registry: Registry, repository: &str) -> String {
    if registry == Registry::Dockerhub {
        return "docker.io".into();
    }
    repository.split('/').next().unwrap_or_default().to_owned()
}
