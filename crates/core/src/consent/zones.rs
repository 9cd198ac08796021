//! Time zones of numbers, by the first digits. Where a number may be in several zones, all of them are given: what must hold in
//! the recipient's zone then has to hold in each.

use crate::number::Number;
use jiff::tz::TimeZone;
use std::sync::LazyLock;

/// First digits, and IANA's names of the zones that such numbers may be in, the most populous first.
///
/// A longer prefix goes before a shorter one. Countries whose zones always have the same time of day have one name.
const PREFIXES: &[(&str, &str)] = &[
    // North America: area codes that lie in one zone; the others may be in any of the continent's.
    (
        "1",
        "America/New_York America/Chicago America/Denver America/Phoenix America/Los_Angeles America/Anchorage Pacific/Honolulu America/Halifax America/St_Johns",
    ),
    (
        "1201 1203 1207 1227 1324 1645 1656 1728 1212 1215 1216 1202 1239 1240 1267 1272 1276 1301 1302 1304 1305 1315 1321 1330 1332 1336 1339 1347 1351 1352 1386 1401 1404 1407 1410 1412 1413 1419 1434 1440 1443 1445 1470 1475 1478 1484 1508 1513 1516 1518 1540 1551 1561 1567 1570 1571 1585 1603 1607 1609 1610 1614 1617 1631 1646 1667 1678 1680 1681 1689 1703 1704 1706 1716 1717 1718 1724 1727 1732 1734 1740 1743 1754 1757 1762 1770 1772 1774 1781 1786 1802 1803 1804 1813 1814 1828 1838 1843 1845 1848 1854 1856 1857 1859 1860 1862 1863 1864 1878 1904 1908 1910 1912 1914 1917 1919 1929 1934 1937 1941 1954 1959 1973 1978 1980 1984",
        "America/New_York",
    ),
    (
        "1205 1210 1214 1572 1806 1945 1217 1224 1225 1228 1251 1254 1256 1262 1281 1309 1312 1314 1316 1318 1319 1320 1325 1331 1334 1337 1346 1361 1405 1409 1414 1417 1430 1432 1469 1479 1501 1504 1507 1512 1515 1534 1539 1563 1573 1580 1601 1608 1612 1618 1630 1636 1651 1660 1662 1682 1708 1712 1713 1715 1726 1737 1763 1769 1773 1779 1815 1816 1817 1830 1832 1847 1870 1872 1901 1903 1913 1918 1920 1936 1940 1952 1956 1972 1979 1985",
        "America/Chicago",
    ),
    ("1303 1307 1385 1406 1435 1505 1575 1719 1720 1801 1970", "America/Denver"),
    ("1448 1850", "America/Chicago America/New_York"),
    ("1915", "America/Denver America/Chicago"),
    ("1480 1520 1602 1623", "America/Phoenix"),
    (
        "1209 1213 1253 1206 1310 1323 1341 1360 1408 1415 1424 1425 1442 1503 1509 1510 1530 1559 1562 1564 1619 1626 1628 1650 1657 1661 1669 1702 1707 1714 1725 1747 1760 1775 1805 1818 1831 1858 1909 1916 1925 1949 1951",
        "America/Los_Angeles",
    ),
    ("1808", "Pacific/Honolulu"),
    ("1907", "America/Anchorage America/Adak"),
    (
        "1416 1437 1647 1514 1438 1613 1343 1519 1226 1905 1289 1365 1418 1450 1579 1819 1873",
        "America/Toronto",
    ),
    ("1403 1587 1780 1825", "America/Edmonton"),
    ("1604 1778 1236", "America/Vancouver"),
    ("1204 1431", "America/Winnipeg"),
    ("1306 1639", "America/Regina America/Edmonton"),
    ("1506 1902 1782", "America/Halifax"),
    ("1709", "America/St_Johns America/Halifax"),
    (
        "1787 1939 1340 1242 1246 1264 1268 1284 1345 1441 1473 1649 1664 1721 1758 1767 1784 1809 1829 1849 1868 1869 1876",
        "America/Puerto_Rico America/New_York",
    ),
    ("1671 1670", "Pacific/Guam"),
    ("1684", "Pacific/Pago_Pago"),
    // Africa.
    ("20", "Africa/Cairo"),
    ("211 249", "Africa/Khartoum"),
    ("212", "Africa/Casablanca"),
    ("213 216 235 236 237 240 241 242 234 227 229 244", "Africa/Lagos"),
    ("243", "Africa/Kinshasa Africa/Lubumbashi"),
    ("218", "Africa/Tripoli"),
    ("220 221 222 223 224 225 226 228 231 232 233 239 245 247", "Africa/Abidjan"),
    ("230 248", "Indian/Mauritius"),
    ("238", "Atlantic/Cape_Verde"),
    ("27", "Africa/Johannesburg"),
    ("254 255 256 251 252 253 291 261 269", "Africa/Nairobi"),
    ("262", "Indian/Reunion Indian/Mayotte"),
    ("290", "Atlantic/St_Helena"),
    ("250 257 258 260 263 265 266 267 268", "Africa/Maputo"),
    ("264", "Africa/Windhoek"),
    ("246", "Indian/Chagos"),
    // Europe.
    ("30", "Europe/Athens"),
    ("31", "Europe/Amsterdam"),
    ("32", "Europe/Brussels"),
    ("33", "Europe/Paris"),
    ("34", "Europe/Madrid Atlantic/Canary"),
    ("350", "Europe/Gibraltar"),
    ("351", "Europe/Lisbon Atlantic/Azores"),
    ("352", "Europe/Luxembourg"),
    ("353", "Europe/Dublin"),
    ("354", "Atlantic/Reykjavik"),
    ("355", "Europe/Tirane"),
    ("356", "Europe/Malta"),
    ("357", "Asia/Nicosia"),
    ("358", "Europe/Helsinki"),
    ("359", "Europe/Sofia"),
    ("36", "Europe/Budapest"),
    ("370", "Europe/Vilnius"),
    ("371", "Europe/Riga"),
    ("372", "Europe/Tallinn"),
    ("373", "Europe/Chisinau"),
    ("374", "Asia/Yerevan"),
    ("375", "Europe/Minsk"),
    ("376", "Europe/Andorra"),
    ("377", "Europe/Monaco"),
    ("378 39", "Europe/Rome"),
    ("380", "Europe/Kyiv"),
    ("381 382 383", "Europe/Belgrade"),
    ("385", "Europe/Zagreb"),
    ("386", "Europe/Ljubljana"),
    ("387", "Europe/Sarajevo"),
    ("389", "Europe/Skopje"),
    ("40", "Europe/Bucharest"),
    ("41 423", "Europe/Zurich"),
    ("420", "Europe/Prague"),
    ("421", "Europe/Bratislava"),
    ("43", "Europe/Vienna"),
    ("44", "Europe/London"),
    ("45", "Europe/Copenhagen"),
    ("298", "Atlantic/Faroe"),
    ("299", "America/Nuuk"),
    ("46", "Europe/Stockholm"),
    ("47", "Europe/Oslo"),
    ("48", "Europe/Warsaw"),
    ("49", "Europe/Berlin"),
    // Latin America.
    ("501 502 503 504 505 506", "America/Guatemala"),
    ("507", "America/Panama"),
    ("508", "America/Miquelon"),
    ("509", "America/Port-au-Prince"),
    ("51", "America/Lima"),
    ("52", "America/Mexico_City America/Cancun America/Hermosillo America/Tijuana"),
    ("53", "America/Havana"),
    ("54", "America/Argentina/Buenos_Aires"),
    ("55", "America/Sao_Paulo America/Manaus America/Rio_Branco America/Noronha"),
    ("56", "America/Santiago Pacific/Easter"),
    ("57", "America/Bogota"),
    ("58", "America/Caracas"),
    ("590 596 599 297", "America/Martinique"),
    ("591", "America/La_Paz"),
    ("592", "America/Guyana"),
    ("593", "America/Guayaquil Pacific/Galapagos"),
    ("594", "America/Cayenne"),
    ("595", "America/Asuncion"),
    ("597", "America/Paramaribo"),
    ("598", "America/Montevideo"),
    ("500", "Atlantic/Stanley"),
    // Asia and Oceania.
    ("60", "Asia/Kuala_Lumpur"),
    ("61", "Australia/Sydney Australia/Brisbane Australia/Adelaide Australia/Darwin Australia/Perth"),
    ("62", "Asia/Jakarta Asia/Makassar Asia/Jayapura"),
    ("63", "Asia/Manila"),
    ("64", "Pacific/Auckland Pacific/Chatham"),
    ("65", "Asia/Singapore"),
    ("66", "Asia/Bangkok"),
    ("670", "Asia/Dili"),
    ("672", "Pacific/Norfolk"),
    ("673", "Asia/Brunei"),
    ("674", "Pacific/Nauru"),
    ("675", "Pacific/Port_Moresby Pacific/Bougainville"),
    ("676", "Pacific/Tongatapu"),
    ("677", "Pacific/Guadalcanal"),
    ("678", "Pacific/Efate"),
    ("679", "Pacific/Fiji"),
    ("680", "Pacific/Palau"),
    ("681", "Pacific/Wallis"),
    ("682", "Pacific/Rarotonga"),
    ("683", "Pacific/Niue"),
    ("685", "Pacific/Apia"),
    ("686", "Pacific/Tarawa Pacific/Kanton Pacific/Kiritimati"),
    ("687", "Pacific/Noumea"),
    ("688", "Pacific/Funafuti"),
    ("689", "Pacific/Tahiti Pacific/Marquesas Pacific/Gambier"),
    ("690", "Pacific/Fakaofo"),
    ("691", "Pacific/Chuuk Pacific/Pohnpei"),
    ("692", "Pacific/Majuro"),
    (
        "7",
        "Europe/Moscow Europe/Kaliningrad Europe/Samara Asia/Yekaterinburg Asia/Omsk Asia/Krasnoyarsk Asia/Irkutsk Asia/Yakutsk Asia/Vladivostok Asia/Magadan Asia/Kamchatka",
    ),
    ("76 77", "Asia/Almaty"),
    ("81", "Asia/Tokyo"),
    ("82", "Asia/Seoul"),
    ("84", "Asia/Ho_Chi_Minh"),
    ("850", "Asia/Pyongyang"),
    ("852", "Asia/Hong_Kong"),
    ("853", "Asia/Macau"),
    ("855", "Asia/Phnom_Penh"),
    ("856", "Asia/Vientiane"),
    ("86", "Asia/Shanghai"),
    ("880", "Asia/Dhaka"),
    ("886", "Asia/Taipei"),
    ("90", "Europe/Istanbul"),
    ("91", "Asia/Kolkata"),
    ("92", "Asia/Karachi"),
    ("93", "Asia/Kabul"),
    ("94", "Asia/Colombo"),
    ("95", "Asia/Yangon"),
    ("960", "Indian/Maldives"),
    ("961", "Asia/Beirut"),
    ("962", "Asia/Amman"),
    ("963", "Asia/Damascus"),
    ("964", "Asia/Baghdad"),
    ("965", "Asia/Kuwait"),
    ("966", "Asia/Riyadh"),
    ("967", "Asia/Aden"),
    ("968", "Asia/Muscat"),
    ("970", "Asia/Hebron"),
    ("971", "Asia/Dubai"),
    ("972", "Asia/Jerusalem"),
    ("973", "Asia/Bahrain"),
    ("974", "Asia/Qatar"),
    ("975", "Asia/Thimphu"),
    ("976", "Asia/Ulaanbaatar Asia/Hovd"),
    ("977", "Asia/Kathmandu"),
    ("98", "Asia/Tehran"),
    ("992", "Asia/Dushanbe"),
    ("993", "Asia/Ashgabat"),
    ("994", "Asia/Baku"),
    ("995", "Asia/Tbilisi"),
    ("996", "Asia/Bishkek"),
    ("998", "Asia/Tashkent"),
];

/// Zones by prefix, the longest prefixes first.
static ZONES: LazyLock<Vec<(u64, u32, Vec<TimeZone>)>> = LazyLock::new(|| {
    let mut zones = Vec::new();
    for (prefixes, names) in PREFIXES {
        let found: Vec<TimeZone> = names.split(' ').filter_map(|name| TimeZone::get(name).ok()).collect();
        for prefix in prefixes.split(' ') {
            let length = u32::try_from(prefix.len()).unwrap_or_default();
            zones.push((prefix.parse().unwrap_or_default(), length, found.clone()));
        }
    }
    // What stands later is more exact.
    zones.reverse();
    zones.sort_by_key(|(_, length, _)| std::cmp::Reverse(*length));
    zones
});

/// The zones that the number may be in, the most populous first; none where nothing is known of it, as of short codes.
#[must_use]
pub fn zones(number: Number) -> &'static [TimeZone] {
    if number.is_short_code() {
        return &[];
    }
    let length = number.digits().ilog10() + 1;
    let starts_so = |(prefix, of, _): &&(u64, u32, Vec<TimeZone>)| {
        *of < length && number.digits() / 10_u64.pow(length - of) == *prefix
    };
    ZONES.iter().find(starts_so).map_or(&[], |(_, _, zones)| zones)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numbering::{Country, Prefix, calling_code_of};
    use std::collections::BTreeSet;

    fn names(number: &str) -> Vec<&'static str> {
        zones(Number::parse(number).unwrap()).iter().filter_map(TimeZone::iana_name).collect()
    }

    #[test]
    fn every_name_is_a_zone() {
        for (prefixes, names) in PREFIXES {
            for name in names.split(' ') {
                assert!(TimeZone::get(name).is_ok(), "{name} of {prefixes}");
            }
            assert!(prefixes.split(' ').all(|prefix| prefix.parse::<u64>().is_ok()), "{prefixes}");
        }
    }

    #[test]
    fn every_prefix_stands_once_and_begins_with_a_calling_code() {
        let mut seen = BTreeSet::new();
        for prefix in PREFIXES.iter().flat_map(|(prefixes, _)| prefixes.split(' ')) {
            assert!(seen.insert(prefix), "{prefix} stands twice");
            let prefix: Prefix = prefix.parse().unwrap();
            let is_in_use = countries().any(|(_, code)| code.covers(prefix));
            assert!(is_in_use, "{prefix:?} begins with no calling code of the numbering");
        }
    }

    #[test]
    fn every_country_of_the_numbering_has_zones() {
        for (country, code) in countries() {
            assert!(
                PREFIXES
                    .iter()
                    .flat_map(|(prefixes, _)| prefixes.split(' '))
                    .any(|prefix| prefix.parse::<Prefix>().unwrap().covers(code)),
                "{country} has no zone"
            );
        }
    }

    /// The countries that the numbering knows, and their calling codes.
    fn countries() -> impl Iterator<Item = (Country, Prefix)> {
        let letters = || (b'A'..=b'Z').map(char::from);
        let words = letters().flat_map(move |one| letters().map(move |other| format!("{one}{other}")));
        words.filter_map(|word| {
            let country = word.parse().ok()?;
            Some((country, calling_code_of(country)?.code))
        })
    }

    #[test]
    fn a_number_is_in_the_zones_of_its_longest_prefix() {
        assert_eq!(names("+447700900123"), ["Europe/London"]);
        assert_eq!(names("+12125550100"), ["America/New_York"]);
        assert_eq!(names("+18085550100"), ["Pacific/Honolulu"]);
        assert_eq!(names("+77011234567"), ["Asia/Almaty"]);
        assert_eq!(names("+2348012345678"), ["Africa/Lagos"]);
        assert_eq!(names("+27821234567"), ["Africa/Johannesburg"]);
        assert_eq!(names("+262692123456"), ["Indian/Reunion", "Indian/Mayotte"]);
        assert_eq!(names("+254712345678"), ["Africa/Nairobi"]);
        assert!(names("+79161234567").len() > 9 && names("+15005550006").len() > 5);
        assert!(zones(Number::parse_recipient("60006").unwrap()).is_empty());
    }
}
