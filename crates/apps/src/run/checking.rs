//! What a run must be: when it is made, and when it is launched.

use super::desk::{NewRun, NotDone, Runs};
use super::document::{Audience, NAME_MAX, Outgoing, PER_MINUTE_MAX, Run, RunKind, Schedule, TemplateName};
use super::hours::DAILY_CAP_MAX;
use super::trial::{Measure, Trial, VARIANTS_MAX, WAIT_MAX};
use crate::contact::Segment;
use crate::template::is_name;
use postrider_core::account::AccountId;
use postrider_core::message::Class;
use postrider_core::time::Time;

impl Schedule {
    fn check(&self, now: Time) -> Result<(), NotDone> {
        let wrong = |field, detail: &str| Err(NotDone::Wrong(field, detail.to_owned()));
        if self.send_at.is_some() && self.send_at_local.is_some() {
            return wrong("send_at", "give one time");
        }
        if self.not_after.is_some_and(|last| last <= now.0) {
            return wrong("not_after", "not_after must be in the future");
        }
        if self.send_at.zip(self.not_after).is_some_and(|(first, last)| last <= first) {
            return wrong("not_after", "not_after must be later than send_at");
        }
        Ok(())
    }

    /// Whether a run of this kind can keep to its hours.
    pub(super) fn check_hours(&self, kind: RunKind) -> Result<(), NotDone> {
        let wrong = |field, detail: String| Err(NotDone::Wrong(field, detail));
        let Some(hours) = &self.sending_hours else { return Ok(()) };
        if kind == RunKind::Broadcast {
            return wrong("sending_hours", "a broadcast is sent at once: leave out sending_hours".into());
        }
        if hours.is_never() {
            return wrong("sending_hours.hours", "nothing would ever leave in these hours".into());
        }
        if hours.daily_cap.is_some_and(|cap| !(1..=DAILY_CAP_MAX).contains(&cap)) {
            return wrong("sending_hours.daily_cap", format!("daily_cap must be from 1 to {DAILY_CAP_MAX}"));
        }
        if self.send_at_local.is_some() && hours.zone.is_some() {
            let detail =
                "send_at is by each recipient's clock: the zone of sending_hours must be 'recipient', too";
            return wrong("sending_hours.zone", detail.into());
        }
        Ok(())
    }
}

impl Audience {
    fn check(&self) -> Result<(), NotDone> {
        if let Some(segment) = &self.segment {
            Segment::parse(segment).map_err(|error| NotDone::Wrong("audience.segment", error.to_string()))?;
        }
        let narrows = self.segment.is_some() || !self.except_groups.is_empty();
        if narrows && self.sources().is_empty() {
            let detail = "segment and except_groups narrow an audience: give 'groups' or 'everybody' too";
            return Err(NotDone::Wrong("audience.groups", detail.into()));
        }
        Ok(())
    }
}

impl Runs {
    /// Whether anybody can be meant by a run that is to be sent. A group counts if it is declared, or if somebody is in it.
    pub(super) async fn check_recipients(&self, account: AccountId, run: &Run) -> Result<(), NotDone> {
        let audience = &run.audience;
        if run.recipients == 0 && audience.sources().is_empty() {
            let detail = "there is nobody to send it to: add recipients, or give it an audience".into();
            return Err(NotDone::Wrong("recipients", detail));
        }
        for (field, named) in
            [("audience.groups", &audience.groups), ("audience.except_groups", &audience.except_groups)]
        {
            for name in named {
                if self.groups.show(account, name).await?.is_none() {
                    let detail = format!("there is no group '{name}', and no contact names it");
                    return Err(NotDone::Wrong(field, detail));
                }
            }
        }
        Ok(())
    }

    /// Whether a run can be made so.
    pub(super) async fn check(&self, account: AccountId, new: &NewRun) -> Result<(), NotDone> {
        let wrong = |field, detail: String| Err(NotDone::Wrong(field, detail));
        let name = new.name.as_deref().unwrap_or("x").chars();
        if !(1..=NAME_MAX).contains(&name.count()) {
            return wrong("name", format!("name must have 1 to {NAME_MAX} characters"));
        }
        let outgoing = &new.outgoing;
        if outgoing.shorten_links {
            self.links.base()?;
        }
        match &new.trial {
            None => self.check_text(account, &outgoing.text, outgoing.template.as_ref()).await?,
            Some(trial) => self.check_trial(account, outgoing, trial).await?,
        }
        if outgoing.class.as_deref().is_some_and(|class| Class::from_word(class).is_none()) {
            return wrong("class", "there is no such class".into());
        }
        if let Some(pace) = new.pace
            && !(1..=PER_MINUTE_MAX).contains(&pace.per_minute)
        {
            return wrong("pace.per_minute", format!("per_minute must be from 1 to {PER_MINUTE_MAX}"));
        }
        if new.pause_at_failures.is_some_and(|percent| !(1..=100).contains(&percent)) {
            return wrong("pause_at_failures", "pause_at_failures must be from 1 to 100".into());
        }
        new.schedule.check(self.now())?;
        new.schedule.check_hours(new.kind)?;
        new.audience.check()?;
        if let Some(fallback) = &new.fallback {
            self.check_fallback(account, new.kind, fallback)?;
        }
        let earlier = [
            ("audience.not_delivered_of", new.audience.not_delivered_of),
            ("audience.not_reached_of", new.audience.not_reached_of),
            ("audience.clicked_of", new.audience.clicked_of),
        ];
        for (field, earlier) in earlier {
            if let Some((kind, earlier)) = earlier
                && self.find(account, kind, earlier).await?.is_none()
            {
                return wrong(field, "there is no such campaign or batch".into());
            }
        }
        Ok(())
    }

    async fn check_text(
        &self,
        account: AccountId,
        text: &Option<Box<str>>,
        template: Option<&TemplateName>,
    ) -> Result<(), NotDone> {
        let wrong = |field, detail: String| Err(NotDone::Wrong(field, detail));
        if text.is_some() == template.is_some() {
            return wrong("text", "give 'text' or 'template'".into());
        }
        if text.as_deref().is_some_and(str::is_empty) {
            return wrong("text", "the text is empty".into());
        }
        if text.as_deref().is_some_and(|text| text.contains("{{") || text.contains("{%")) {
            let detail =
                "a text is sent as it is: write a template for variables, and give its name in 'template'";
            return wrong("text", detail.into());
        }
        if let Some(named) = template
            && self.templates.compiled(account, &named.name, named.version).await?.is_none()
        {
            return wrong("template.name", format!("there is no approved template '{}'", named.name));
        }
        Ok(())
    }

    async fn check_trial(
        &self,
        account: AccountId,
        outgoing: &Outgoing,
        trial: &Trial,
    ) -> Result<(), NotDone> {
        let wrong = |field, detail: String| Err(NotDone::Wrong(field, detail));
        if outgoing.text.is_some() || outgoing.template.is_some() {
            return wrong("variants", "give 'text', 'template' or 'variants'".into());
        }
        if !(2..=VARIANTS_MAX).contains(&trial.variants.len()) {
            return wrong("variants", format!("give 2 to {VARIANTS_MAX} variants"));
        }
        for (place, variant) in trial.variants.iter().enumerate() {
            if !is_name(&variant.name) {
                let detail = format!("'{}' is no name: use small letters, digits, '-' and '_'", variant.name);
                return wrong("variants", detail);
            }
            if trial.variants.iter().take(place).any(|other| other.name == variant.name) {
                return wrong("variants", format!("'{}' is given twice", variant.name));
            }
            self.check_text(account, &variant.text, variant.template.as_ref()).await?;
        }
        if !(1..=100).contains(&trial.share) {
            return wrong("trial.share", "share must be from 1 to 100".into());
        }
        if trial.wait > WAIT_MAX.as_secs() {
            return wrong("trial.wait", "wait must be at most 7d".into());
        }
        if trial.measure == Measure::Clicks && !trial.by_hand && !outgoing.shorten_links {
            let detail = "clicks are counted on short links only: set shorten_links".into();
            return wrong("trial.measure", detail);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Apps;
    use crate::contact::{Contact, Group};
    use crate::run::{Pace, RunKind, RunState};
    use crate::testing::Gateway;

    const SHOP: AccountId = AccountId(1);

    fn campaign(text: &str, audience: Audience) -> NewRun {
        NewRun {
            kind: RunKind::Campaign,
            name: Some("Spring".into()),
            outgoing: Outgoing { text: Some(text.into()), ..Outgoing::default() },
            schedule: Schedule::default(),
            pace: Some(Pace { per_minute: 60, ramp: 0 }),
            pause_at_failures: None,
            audience,
            trial: None,
            fallback: None,
        }
    }

    fn of_groups(groups: &[&str]) -> Audience {
        Audience { groups: groups.iter().map(|name| (*name).into()).collect(), ..Audience::default() }
    }

    async fn wrong(apps: &Apps, new: NewRun) -> Option<&'static str> {
        let made = match apps.runs.make(SHOP, new, "shop").await {
            Ok(made) => apps.runs.launch(SHOP, made.kind, made.id, "shop", false).await,
            Err(error) => Err(error),
        };
        match made {
            Ok(_) => None,
            Err(NotDone::Wrong(field, _)) => Some(field),
            Err(other) => panic!("{other}"),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_nobody_would_get_is_not_launched() {
        let (gateway, apps) = Gateway::new().await;
        let member =
            Contact { number: 447_700_900_001, groups: ["news".into()].into(), ..Contact::default() };
        apps.contacts.put(SHOP, member, None).await.unwrap();
        apps.groups.put(SHOP, &Group { name: "later".into(), description: None }).await.unwrap();
        let segment = |audience: Audience| Audience { segment: Some("age > 3".into()), ..audience };
        let without = Audience { except_groups: vec!["stuff".into()], ..of_groups(&["news"]) };
        let now = gateway.now().0;
        let times = |send_at, not_after| NewRun {
            schedule: Schedule { send_at, not_after, ..Schedule::default() },
            ..campaign("x", of_groups(&["news"]))
        };
        for (new, field) in [
            (campaign("x", Audience::default()), Some("recipients")),
            (campaign("x", of_groups(&["nwes"])), Some("audience.groups")),
            (campaign("x", without), Some("audience.except_groups")),
            (campaign("x", segment(Audience::default())), Some("audience.groups")),
            (campaign("x", segment(of_groups(&["news"]))), None),
            (campaign("x", of_groups(&["news", "later"])), None),
            (campaign("Hi {{ name }}", of_groups(&["news"])), Some("text")),
            (campaign("{% if a %}b{% endif %}", of_groups(&["news"])), Some("text")),
            (times(None, Some(now)), Some("not_after")),
            (times(Some(now + 9_000), Some(now + 9_000)), Some("not_after")),
            (times(Some(now + 9_000), Some(now + 10_000)), None),
        ] {
            let shown = format!("{new:?}");
            assert_eq!(wrong(&apps, new).await, field, "{shown}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_clone_is_open_and_has_no_time_that_is_over() {
        let (gateway, apps) = Gateway::new().await;
        let now = gateway.now().0;
        let new = NewRun {
            schedule: Schedule {
                send_at: Some(now - 1),
                not_after: Some(now + 60_000),
                ..Schedule::default()
            },
            ..campaign("x", Audience { everybody: true, ..Audience::default() })
        };
        let made = apps.runs.make(SHOP, new.clone(), "ann").await.unwrap();
        apps.runs.launch(SHOP, made.kind, made.id, "ann", false).await.unwrap();
        let clone = apps.runs.clone_of(SHOP, made.kind, made.id, None, "bob").await.unwrap();
        assert_ne!(clone.id, made.id);
        assert_eq!(
            (clone.state, &*clone.author, clone.launched_by.as_deref()),
            (RunState::Open, "bob", None)
        );
        assert_eq!(clone.name.as_deref(), Some("Spring (copy)"));
        assert_eq!((&clone.outgoing, &clone.audience, clone.pace), (&new.outgoing, &new.audience, new.pace));
        assert_eq!((clone.schedule.send_at, clone.schedule.not_after), (None, Some(now + 60_000)));
        let named = apps.runs.clone_of(SHOP, made.kind, made.id, Some("May".into()), "bob").await.unwrap();
        assert_eq!(named.name.as_deref(), Some("May"));
        let none = apps.runs.clone_of(SHOP, RunKind::Batch, made.id, None, "bob").await;
        assert!(matches!(none, Err(NotDone::Missing)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_test_has_the_examples_of_what_is_not_given() {
        use crate::template::{Content, Variable};
        let (gateway, apps) = Gateway::new().await;
        let example = Variable { default: None, example: Some("Ann".into()) };
        let content = Content {
            language: "en".into(),
            texts: [("en".into(), "Hi {{ name }}, {{ n }}".into())].into(),
            variables: [("name".into(), example)].into(),
            ..Content::default()
        };
        apps.templates.write(SHOP, "hi", content, "ann", None).await.unwrap();
        apps.templates.approve(SHOP, "hi", 1, "shop", false).await.unwrap();
        let template = Some(TemplateName { name: "hi".into(), version: None, language: None });
        let outgoing = Outgoing { template, ..Outgoing::default() };
        let new = NewRun { outgoing, ..campaign("", Audience::default()) };
        let run = apps.runs.make(SHOP, new, "shop").await.unwrap();
        let account = gateway.account(SHOP);
        let to = postrider_core::number::Number::from_digits(447_700_900_001).unwrap();
        let given = |variables: &[(&str, u32)]| crate::run::Personal {
            variables: variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
            ..crate::run::Personal::default()
        };
        let id = (run.kind, run.id);
        apps.runs.test(&account, id, None, to, &given(&[("n", 2)])).await.unwrap();
        assert_eq!(gateway.texts().await, ["Hi Ann, 2"]);
        let missing = apps.runs.test(&account, id, None, to, &given(&[])).await;
        assert!(matches!(missing, Err(NotDone::Wrong("variables", _))));
    }
}
