//! The built-in answers to STOP, START and HELP. They say who writes and what happens, and advertise nothing
//! (47 CFR 64.1200(a)(12): one confirmation, within five minutes, without marketing).

use super::keywords::Intent;

/// The answers of one language: to STOP, to START, to HELP.
struct Texts {
    language: &'static str,
    stop: &'static str,
    start: &'static str,
    help: &'static str,
}

const TEXTS: &[Texts] = &[
    Texts {
        language: "en",
        stop: "{name}: you are unsubscribed and will get no more messages. Reply START to subscribe again.",
        start: "{name}: you are subscribed again. Reply STOP to unsubscribe, HELP for help.",
        help: "{name}: reply STOP to get no more messages. Message and data rates may apply.",
    },
    Texts {
        language: "fr",
        stop: "{name} : vous \u{ea}tes d\u{e9}sinscrit et ne recevrez plus de messages. R\u{e9}pondez START pour vous r\u{e9}inscrire.",
        start: "{name} : vous \u{ea}tes de nouveau inscrit. R\u{e9}pondez STOP pour vous d\u{e9}sinscrire, AIDE pour de l'aide.",
        help: "{name} : r\u{e9}pondez STOP pour ne plus recevoir de messages.",
    },
    Texts {
        language: "es",
        stop: "{name}: se ha dado de baja y no recibir\u{e1} m\u{e1}s mensajes. Responda START para volver a suscribirse.",
        start: "{name}: est\u{e1} suscrito de nuevo. Responda BAJA para darse de baja, AYUDA para obtener ayuda.",
        help: "{name}: responda BAJA para no recibir m\u{e1}s mensajes.",
    },
    Texts {
        language: "de",
        stop: "{name}: Sie sind abgemeldet und erhalten keine Nachrichten mehr. Antworten Sie START, um sich wieder anzumelden.",
        start: "{name}: Sie sind wieder angemeldet. Antworten Sie STOP, um sich abzumelden, HILFE f\u{fc}r Hilfe.",
        help: "{name}: Antworten Sie STOP, um keine Nachrichten mehr zu erhalten.",
    },
    Texts {
        language: "pt",
        stop: "{name}: o seu registo foi cancelado e n\u{e3}o receber\u{e1} mais mensagens. Responda START para voltar a receber.",
        start: "{name}: voltar\u{e1} a receber mensagens. Responda SAIR para cancelar, AJUDA para obter ajuda.",
        help: "{name}: responda SAIR para n\u{e3}o receber mais mensagens.",
    },
    Texts {
        language: "it",
        stop: "{name}: iscrizione annullata, non ricever\u{e0} altri messaggi. Risponda START per iscriversi di nuovo.",
        start: "{name}: \u{e8} di nuovo iscritto. Risponda STOP per annullare, AIUTO per assistenza.",
        help: "{name}: risponda STOP per non ricevere altri messaggi.",
    },
    Texts {
        language: "nl",
        stop: "{name}: u bent afgemeld en krijgt geen berichten meer. Antwoord START om u weer aan te melden.",
        start: "{name}: u bent weer aangemeld. Antwoord STOP om u af te melden, HULP voor hulp.",
        help: "{name}: antwoord STOP om geen berichten meer te krijgen.",
    },
    Texts {
        language: "pl",
        stop: "{name}: subskrypcja anulowana, nie otrzymasz wiecej wiadomosci. Odpisz START, aby wrocic.",
        start: "{name}: subskrypcja wznowiona. Odpisz STOP, aby zrezygnowac, POMOC po pomoc.",
        help: "{name}: odpisz STOP, aby nie otrzymywac wiadomosci.",
    },
    Texts {
        language: "sv",
        stop: "{name}: du \u{e4}r avregistrerad och f\u{e5}r inga fler meddelanden. Svara START f\u{f6}r att registrera dig igen.",
        start: "{name}: du \u{e4}r registrerad igen. Svara STOPP f\u{f6}r att avsluta.",
        help: "{name}: svara STOPP f\u{f6}r att inte f\u{e5} fler meddelanden.",
    },
];

/// The built-in answer of a language, if there is one.
pub(super) fn built_in(language: &str, intent: Intent) -> Option<&'static str> {
    let texts = TEXTS.iter().find(|texts| texts.language == language)?;
    Some(match intent {
        Intent::Stop => texts.stop,
        Intent::Start => texts.start,
        Intent::Help => texts.help,
    })
}

/// The languages that have built-in answers.
#[must_use]
pub fn languages() -> Vec<&'static str> {
    TEXTS.iter().map(|texts| texts.language).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::consent::recognise;

    #[test]
    fn every_answer_names_the_account_and_is_no_request_itself() {
        for language in languages() {
            for intent in Intent::ALL {
                let text = built_in(language, intent).unwrap();
                assert!(text.contains("{name}") && recognise(text).is_none(), "{text}");
            }
        }
        assert_eq!(built_in("xx", Intent::Stop), None);
    }
}
