"""Codes of currencies and countries, and what people write instead of them."""

from __future__ import annotations

import re


def currency_in(text: str) -> str | None:
    """The ISO 4217 code of the currency that a text names, or None."""
    for word in re.findall(r"[A-Za-z]{3,}", text[:200]):
        if word.upper() in CURRENCIES:
            return str(word.upper())
        if word.lower() == "euro":
            return "EUR"
    found = CURRENCY_SIGN.search(text[:200])
    return _CURRENCY_BY_SIGN[found.group()] if found else None


def country_code(text: str) -> str | None:
    """The ISO 3166 alpha-2 code of a country's code or (German, English, own) name, or None."""
    code = _COUNTRY_BY_NAME.get(text.strip().casefold(), text.strip().upper())
    return code if code in COUNTRIES else None


def fraction_digits(currency: str) -> int:
    """How many digits behind the point a currency has."""
    return 0 if currency in _WITHOUT_CENTS else 3 if currency in _WITH_MILLS else 2


def _codes(text: str) -> frozenset[str]:
    return frozenset(text.split())


_CURRENCY_BY_SIGN = {"€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY", "₽": "RUB", "₴": "UAH", "₺": "TRY", "₹": "INR"}
CURRENCY_SIGN = re.compile("[€$£¥₽₴₺₹]")
_WITHOUT_CENTS = _codes("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF")
_WITH_MILLS = _codes("BHD IQD JOD KWD LYD OMR TND")
#: ISO 4217, alphabetic codes of money in use.
CURRENCIES = _codes(
    """
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF
    CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HRK
    HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL
    MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON
    RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS
    UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG ZWL
    """
)
#: ISO 3166-1 alpha-2, and XK (Kosovo), which is in use.
COUNTRIES = _codes(
    """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ CA
    CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA
    GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP
    KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS
    MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS
    RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW
    TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW
    """
)
#: ISO 639-1.
LANGUAGES = _codes(
    """
    aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en eo es
    et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka kg ki
    kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no
    nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta te
    tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
    """
)
_COUNTRY_BY_NAME = {
    name: code
    for code, names in {
        "DE": "deutschland,germany,d,ger,deu,brd,allemagne,bundesrepublik deutschland",
        "AT": "österreich,oesterreich,austria,a,aut",
        "CH": "schweiz,switzerland,suisse,svizzera,che",
        "LI": "liechtenstein",
        "LU": "luxemburg,luxembourg",
        "FR": "frankreich,france,f",
        "IT": "italien,italy,italia,i",
        "ES": "spanien,spain,españa",
        "PT": "portugal",
        "NL": "niederlande,netherlands,the netherlands,holland,nederland",
        "BE": "belgien,belgium,belgique,belgië",
        "DK": "dänemark,denmark,danmark",
        "SE": "schweden,sweden,sverige",
        "NO": "norwegen,norway,norge",
        "FI": "finnland,finland,suomi",
        "PL": "polen,poland,polska",
        "CZ": "tschechien,tschechische republik,czech republic,czechia",
        "SK": "slowakei,slovakia",
        "HU": "ungarn,hungary",
        "SI": "slowenien,slovenia",
        "HR": "kroatien,croatia",
        "RO": "rumänien,romania",
        "BG": "bulgarien,bulgaria",
        "GR": "griechenland,greece",
        "TR": "türkei,turkey,türkiye",
        "UA": "ukraine",
        "RU": "russland,russia,russian federation",
        "IE": "irland,ireland",
        "GB": "großbritannien,grossbritannien,vereinigtes königreich,united kingdom,great britain,england,uk,"
        "schottland,scotland,wales",
        "US": "usa,united states,united states of america,vereinigte staaten,u.s.a.,u.s.",
        "CA": "kanada,canada",
        "AU": "australien,australia",
        "IN": "indien,india",
        "CN": "china",
        "JP": "japan",
        "BR": "brasilien,brazil",
    }.items()
    for name in names.split(",")
}
