//! What a message with a code says, by language.

/// The sentences, by tags of BCP 47 in small letters, in their order.
pub const LANGUAGES: &[(&str, &str)] = &[
    ("af", "Jou verifikasiekode is {code}."),
    ("ar", "رمز التحقق الخاص بك هو {code}."),
    ("bg", "Вашият код за потвърждение е {code}."),
    ("bn", "আপনার যাচাইকরণ কোড হল {code}।"),
    ("ca", "El vostre codi de verificació és {code}."),
    ("cs", "Váš ověřovací kód je {code}."),
    ("da", "Din bekræftelseskode er {code}."),
    ("de", "Ihr Bestätigungscode lautet {code}."),
    ("el", "Ο κωδικός επαλήθευσής σας είναι {code}."),
    ("en", "Your verification code is {code}."),
    ("es", "Su código de verificación es {code}."),
    ("et", "Teie kinnituskood on {code}."),
    ("fa", "کد تأیید شما {code} است."),
    ("fi", "Vahvistuskoodisi on {code}."),
    ("fil", "Ang iyong verification code ay {code}."),
    ("fr", "Votre code de vérification est {code}."),
    ("gu", "તમારો ચકાસણી કોડ {code} છે."),
    ("he", "קוד האימות שלך הוא {code}."),
    ("hi", "आपका सत्यापन कोड {code} है।"),
    ("hr", "Vaš kod za potvrdu je {code}."),
    ("hu", "Az Ön ellenőrző kódja: {code}."),
    ("id", "Kode verifikasi Anda adalah {code}."),
    ("it", "Il tuo codice di verifica è {code}."),
    ("ja", "認証コードは {code} です。"),
    ("ko", "인증번호는 {code}입니다."),
    ("lt", "Jūsų patvirtinimo kodas yra {code}."),
    ("lv", "Jūsu verifikācijas kods ir {code}."),
    ("mr", "तुमचा पडताळणी कोड {code} आहे."),
    ("ms", "Kod pengesahan anda ialah {code}."),
    ("nb", "Bekreftelseskoden din er {code}."),
    ("nl", "Je verificatiecode is {code}."),
    ("no", "Bekreftelseskoden din er {code}."),
    ("pl", "Twój kod weryfikacyjny to {code}."),
    ("pt", "O seu código de verificação é {code}."),
    ("pt-br", "Seu código de verificação é {code}."),
    ("ro", "Codul dvs. de verificare este {code}."),
    ("ru", "Ваш код подтверждения: {code}."),
    ("sk", "Váš overovací kód je {code}."),
    ("sl", "Vaša potrditvena koda je {code}."),
    ("sr", "Vaš verifikacioni kod je {code}."),
    ("sv", "Din verifieringskod är {code}."),
    ("sw", "Nambari yako ya uthibitishaji ni {code}."),
    ("ta", "உங்கள் சரிபார்ப்புக் குறியீடு {code}."),
    ("te", "మీ ధృవీకరణ కోడ్ {code}."),
    ("th", "รหัสยืนยันของคุณคือ {code}"),
    ("tr", "Doğrulama kodunuz: {code}."),
    ("uk", "Ваш код підтвердження: {code}."),
    ("ur", "آپ کا تصدیقی کوڈ {code} ہے۔"),
    ("vi", "Mã xác minh của bạn là {code}."),
    ("zh", "您的验证码是 {code}。"),
    ("zh-hant", "您的驗證碼是 {code}。"),
    ("zh-hk", "您的驗證碼是 {code}。"),
    ("zh-tw", "您的驗證碼是 {code}。"),
];

/// The sentence of a language: of its tag, or of the longest beginning of it that is known, or English.
pub(super) fn sentence(tag: Option<&str>) -> &'static str {
    let tag = tag.unwrap_or("en").to_ascii_lowercase().replace('_', "-");
    let mut wanted = &*tag;
    loop {
        if let Ok(found) = LANGUAGES.binary_search_by_key(&wanted, |(tag, _)| tag) {
            return LANGUAGES[found].1;
        }
        wanted = match wanted.rsplit_once('-') {
            Some((beginning, _)) => beginning,
            None if wanted == "en" => return "{code}",
            None => "en",
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_a_sentence_of_one_part() {
        assert!(LANGUAGES.len() >= 40);
        assert!(LANGUAGES.is_sorted_by(|one, other| one.0 < other.0));
        for (tag, sentence) in LANGUAGES {
            assert_eq!(sentence.matches("{code}").count(), 1, "{tag}");
            let text = sentence.replace("{code}", "1234567890");
            assert!(text.encode_utf16().count() <= 70, "{tag}");
        }
    }

    #[test]
    fn a_language_falls_back() {
        for (tag, expected) in [
            (Some("de"), "de"),
            (Some("de-CH-1996"), "de"),
            (Some("pt_BR"), "pt-br"),
            (Some("zh-Hant-TW"), "zh-hant"),
            (Some("zh-TW"), "zh-tw"),
            (Some("xx"), "en"),
            (Some(""), "en"),
            (None, "en"),
        ] {
            let known = LANGUAGES.iter().find(|(known, _)| *known == expected).unwrap().1;
            assert_eq!(sentence(tag), known, "{tag:?}");
        }
    }
}
