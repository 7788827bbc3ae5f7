"""The numbers of time zone regions, as they travel in a TIMESTAMP WITH TIME ZONE.

Read from Oracle's JDBC driver (class oracle.sql.ZONEIDMAP of ojdbc11 23.9), which turns a number
into a name without asking the database, so the two have to agree. Names are the driver's.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from .model import OraError

# A number, then the names that have it and the numbers after it.
_REGIONS: Final = """
    1 Etc/GMT Etc/GMT-14 Etc/GMT-13 Etc/GMT-12 Etc/GMT-11 Etc/GMT-10 Etc/GMT-9 Etc/GMT-8 Etc/GMT-7
    Etc/GMT-6 Etc/GMT-5 Etc/GMT-4 Etc/GMT-3 Etc/GMT-2 Etc/GMT-1 Etc/GMT+1 Etc/GMT+2 Etc/GMT+3
    Etc/GMT+4 Etc/GMT+5 Etc/GMT+6 Etc/GMT+7 Etc/GMT+8 Etc/GMT+9 Etc/GMT+10 Etc/GMT+11 Etc/GMT+12
    Etc/UTC Etc/UCT Africa/Algiers Africa/Luanda Africa/Porto-Novo Africa/Gaborone
    Africa/Ouagadougou Africa/Bujumbura Africa/Douala Africa/Bangui Africa/Ndjamena Africa/Kinshasa
    Africa/Lubumbashi Africa/Brazzaville Africa/Abidjan Africa/Djibouti Africa/Cairo Africa/Malabo
    Africa/Asmara Africa/Addis_Ababa Africa/Libreville Africa/Banjul Africa/Accra Africa/Conakry
    Africa/Bissau Africa/Nairobi Africa/Maseru Africa/Monrovia Africa/Tripoli Africa/Blantyre
    Africa/Bamako Antarctica/Vostok Africa/Nouakchott Africa/Casablanca Africa/El_Aaiun
    Africa/Maputo Africa/Windhoek Africa/Niamey Africa/Lagos Africa/Kigali Africa/Sao_Tome
    Africa/Dakar Africa/Freetown Africa/Mogadishu Africa/Johannesburg Africa/Khartoum Africa/Mbabane
    Africa/Dar_es_Salaam Africa/Lome Africa/Tunis Africa/Kampala Africa/Lusaka Africa/Harare
    Africa/Ceuta Antarctica/Rothera America/Santarem Asia/Novokuznetsk Antarctica/Macquarie
    America/Recife America/Matamoros America/North_Dakota/Center America/North_Dakota/New_Salem
    America/Bahia America/Kentucky/Monticello America/Moncton America/Ojinaga
    America/Indiana/Tell_City America/Bahia_Banderas America/Santa_Isabel America/Argentina/San_Luis
    America/Argentina/Rio_Gallegos America/Argentina/La_Rioja America/New_York America/Chicago
    America/Denver America/Los_Angeles America/Juneau America/Yakutat America/Anchorage America/Nome
    America/Adak America/Phoenix America/Boise America/Indianapolis America/Indiana/Marengo
    America/Indiana/Knox America/Indiana/Vevay America/Louisville America/Detroit America/Menominee
    America/St_Johns America/Goose_Bay America/Halifax America/Glace_Bay America/Montreal
    America/Thunder_Bay America/Nipigon America/Rainy_River America/Winnipeg America/Regina
    America/Swift_Current America/Edmonton America/Vancouver America/Dawson_Creek
    America/Pangnirtung America/Iqaluit America/Rankin_Inlet America/Cambridge_Bay
    America/Yellowknife America/Inuvik America/Whitehorse America/Dawson America/Cancun
    America/Mexico_City America/Chihuahua America/Hermosillo America/Mazatlan America/Tijuana
    America/Anguilla America/Antigua America/Nassau America/Barbados America/Belize America/Cayman
    America/Costa_Rica America/Havana America/Dominica America/Santo_Domingo America/El_Salvador
    America/Grenada America/Guadeloupe America/Guatemala America/Port-au-Prince America/Tegucigalpa
    America/Jamaica America/Martinique America/Montserrat America/Managua America/Panama
    America/Puerto_Rico America/St_Kitts America/St_Lucia America/Miquelon America/St_Vincent
    America/Grand_Turk America/Tortola America/St_Thomas America/Buenos_Aires
    America/Argentina/Ushuaia America/Cordoba America/Jujuy America/Catamarca America/Mendoza
    America/Aruba America/La_Paz America/Noronha America/Belem America/Fortaleza America/Araguaina
    America/Maceio America/Sao_Paulo America/Cuiaba America/Porto_Velho America/Boa_Vista
    America/Manaus America/Porto_Acre America/Santiago America/Bogota America/Curacao
    America/Guayaquil America/Cayenne America/Guyana America/Asuncion America/Lima
    America/Paramaribo America/Port_of_Spain America/Montevideo America/Caracas America/Scoresbysund
    America/Godthab America/Thule America/Indiana/Vincennes America/Indiana/Petersburg EST MST HST
    EST5EDT CST6CDT MST7MDT PST8PDT America/Indiana/Winamac America/Resolute America/Toronto
    America/Atikokan America/Campo_Grande America/Danmarkshavn America/Blanc-Sablon America/Eirunepe
    America/Merida America/Monterrey America/Argentina/Tucuman America/Argentina/San_Juan
    Antarctica/Casey Antarctica/Davis Antarctica/Mawson Antarctica/DumontDUrville Antarctica/Syowa
    Antarctica/Palmer Antarctica/McMurdo America/Argentina/Salta Pacific/Chuuk Pacific/Pohnpei
    Asia/Kabul Asia/Yerevan Asia/Baku Asia/Bahrain Asia/Dacca Asia/Thimphu Asia/Brunei Asia/Rangoon
    Asia/Phnom_Penh Asia/Harbin Asia/Shanghai Asia/Chungking Asia/Urumqi Asia/Kashgar Asia/Hong_Kong
    Asia/Taipei Asia/Macao Asia/Nicosia Asia/Tbilisi Asia/Dili Asia/Calcutta Asia/Jakarta
    Asia/Ujung_Pandang Asia/Jayapura Asia/Tehran Asia/Baghdad Asia/Jerusalem Asia/Tokyo Asia/Amman
    Asia/Almaty Asia/Aqtobe Asia/Aqtau Asia/Bishkek Asia/Seoul Asia/Pyongyang Asia/Kuwait
    Asia/Vientiane Asia/Beirut Asia/Kuala_Lumpur Asia/Kuching Asia/Hovd Asia/Ulaanbaatar
    Asia/Katmandu Asia/Muscat Asia/Karachi Asia/Gaza Asia/Manila Asia/Qatar Asia/Riyadh
    Asia/Riyadh87 Asia/Riyadh88 Asia/Riyadh89 Asia/Singapore Asia/Colombo Asia/Damascus
    Asia/Dushanbe Asia/Bangkok Asia/Ashgabat Asia/Dubai Asia/Samarkand Asia/Tashkent Asia/Saigon
    Asia/Aden Asia/Yekaterinburg Asia/Omsk Asia/Novosibirsk Asia/Krasnoyarsk Asia/Irkutsk
    Asia/Yakutsk Asia/Vladivostok Asia/Magadan Asia/Kamchatka Asia/Anadyr Asia/Pontianak
    Asia/Qyzylorda Asia/Oral Asia/Choibalsan Asia/Sakhalin America/Sitka America/Metlakatla
    America/North_Dakota/Beulah Africa/Juba America/Lower_Princes America/Kralendijk Asia/Hebron
    America/Creston Asia/Khandyga Asia/Ust-Nera Europe/Busingen Antarctica/Troll Atlantic/Bermuda
    Atlantic/Stanley Atlantic/South_Georgia Atlantic/Faroe Atlantic/Reykjavik Asia/Chita
    Atlantic/Azores Atlantic/Madeira Atlantic/Canary Atlantic/Cape_Verde Atlantic/St_Helena
    Asia/Srednekolymsk Pacific/Bougainville America/Fort_Nelson Europe/Astrakhan Australia/Darwin
    Australia/Perth Australia/Brisbane Australia/Lindeman Australia/Adelaide Australia/Hobart
    Australia/Melbourne Australia/Sydney Australia/Broken_Hill Australia/Lord_Howe Australia/Currie
    Australia/Eucla Europe/Kirov Europe/Ulyanovsk Asia/Barnaul Asia/Tomsk Asia/Yangon Asia/Famagusta
    Asia/Atyrau Europe/Saratov WET CET MET EET Europe/London Europe/Belfast Europe/Dublin
    Europe/Tirane Europe/Andorra Europe/Vienna Europe/Minsk Europe/Brussels Europe/Sofia
    Europe/Prague Europe/Copenhagen Europe/Tallinn Europe/Helsinki Europe/Paris Europe/Berlin
    Europe/Gibraltar Europe/Athens Europe/Budapest Europe/Rome Europe/Riga Europe/Vaduz
    Europe/Vilnius Europe/Luxembourg Europe/Malta Europe/Chisinau America/Punta_Arenas Europe/Monaco
    Europe/Amsterdam Europe/Oslo Europe/Warsaw Europe/Lisbon Europe/Bucharest Europe/Kaliningrad
    Europe/Moscow Europe/Samara Europe/Madrid Europe/Stockholm Europe/Zurich Europe/Istanbul
    Europe/Kiev Europe/Uzhgorod Europe/Zaporozhye Europe/Simferopol Europe/Belgrade Europe/Volgograd
    Asia/Qostanay America/Nuuk Pacific/Kanton Europe/Kyiv America/Ciudad_Juarez
    435 Indian/Kerguelen Indian/Chagos Indian/Maldives Indian/Antananarivo Indian/Christmas
    Indian/Cocos Indian/Comoro Indian/Mahe Indian/Mauritius Indian/Mayotte Indian/Reunion
    450 Pacific/Honolulu Pacific/Easter Pacific/Galapagos Pacific/Rarotonga Pacific/Fiji
    Pacific/Gambier Pacific/Marquesas Pacific/Tahiti Pacific/Guam Pacific/Tarawa Pacific/Enderbury
    Pacific/Kiritimati Pacific/Saipan Pacific/Majuro Pacific/Kwajalein
    466 Pacific/Truk Pacific/Ponape Pacific/Kosrae Pacific/Nauru Pacific/Noumea Pacific/Auckland
    Pacific/Chatham Pacific/Niue Pacific/Norfolk Pacific/Palau Pacific/Port_Moresby Pacific/Pitcairn
    Pacific/Pago_Pago Pacific/Apia
    481 Pacific/Guadalcanal Pacific/Fakaofo Pacific/Tongatapu Pacific/Funafuti Pacific/Johnston
    Pacific/Midway Pacific/Wake Pacific/Efate Pacific/Wallis 513 GMT 540 Etc/Universal UCT 556 Egypt
    558 Africa/Asmera 568 Libya 570 Africa/Timbuktu 612 US/Eastern US/Central Navajo US/Pacific
    618 US/Alaska 620 America/Atka US/Arizona 623 America/Fort_Wayne 625 America/Knox_IN
    627 America/Kentucky/Louisville US/Michigan 630 Canada/Newfoundland 632 Canada/Atlantic
    634 Canada/Eastern 638 Canada/Central Canada/East-Saskatchewan
    641 Canada/Mountain Canada/Pacific 650 Canada/Yukon 653 Mexico/General
    656 Mexico/BajaSur America/Ensenada 665 Cuba 670 America/Marigot 674 Jamaica
    686 America/Virgin America/Argentina/Buenos_Aires
    689 America/Argentina/Cordoba America/Argentina/Jujuy America/Argentina/Catamarca
    America/Argentina/Mendoza 695 Brazil/DeNoronha 700 Brazil/East
    704 Brazil/West Brazil/Acre Chile/Continental 733 America/Coral_Harbour
    748 Antarctica/South_Pole 756 Asia/Dhaka Asia/Thimbu 762 PRC Asia/Chongqing
    766 Hongkong ROC Asia/Macau Europe/Nicosia 772 Asia/Kolkata 774 Asia/Makassar 776 Iran
    778 Asia/Tel_Aviv Japan 785 ROK 793 Asia/Ulan_Bator 797 Asia/Kathmandu
    801 Mideast/Riyadh87 Mideast/Riyadh88 Mideast/Riyadh89 Singapore 809 Asia/Ashkhabad
    813 Asia/Ho_Chi_Minh 845 Atlantic/Faeroe Iceland
    857 Australia/North Australia/West Australia/Queensland
    861 Australia/South Australia/Tasmania Australia/Victoria Australia/ACT Australia/Yancowinna
    Australia/LHI 881 GB 883 Eire 890 Europe/Bratislava 893 Europe/Mariehamn 899 Europe/Vatican
    905 Europe/Tiraspol 909 Arctic/Longyearbyen Poland Portugal 914 W-SU 919 Turkey
    924 Europe/Ljubljana 962 US/Hawaii Chile/EasterIsland 976 Kwajalein 978 Pacific/Yap
    983 NZ NZ-CHAT 990 US/Samoa 1025 Etc/GMT+0 1052 Universal
    1124 EST5EDT CST6CDT US/Mountain PST8PDT 1132 US/Aleutian 1135 US/East-Indiana
    1137 US/Indiana-Starke 1151 Canada/Saskatchewan 1169 Mexico/BajaNorte 1182 America/St_Barthelemy
    1201 America/Rosario 1203 America/Argentina/ComodRivadavia 1217 America/Rio_Branco 1290 Israel
    1376 Australia/Canberra 1393 GB-Eire 1411 Europe/San_Marino 1421 Atlantic/Jan_Mayen
    1431 Asia/Istanbul 1436 Europe/Sarajevo 1474 HST 1502 Pacific/Samoa 1537 GMT+0 1564 Etc/Zulu
    1636 EST CST America/Shiprock US/Pacific-New 1647 America/Indiana/Indianapolis
    1888 Australia/NSW 1905 Europe/Jersey 1948 Europe/Skopje 2049 Etc/GMT-0 2076 Zulu
    2150 MST7MDT PST 2417 Europe/Guernsey 2460 Europe/Zagreb 2561 GMT-0 2662 MST
    2929 Europe/Isle_of_Man 2972 Europe/Podgorica 3073 Etc/GMT0 3585 GMT0 4097 Etc/Greenwich
    4609 Greenwich 5121 UTC
"""


def region_id(region: str) -> int:
    """ORA-01882 for a zone that Python knows and Oracle has no number for."""
    found = _ids().get(region.upper())
    if found is None:
        raise OraError(1882, "timezone region not found")
    return found


def region_of(number: int) -> str:
    """The region's name; ORA-01882 where no region has the number."""
    if number not in _names():
        raise OraError(1882, "timezone region not found")
    return _names()[number]


@cache
def _names() -> dict[int, str]:
    names: dict[int, str] = {}
    number = 0
    for word in _REGIONS.split():
        if word.isdigit():
            number = int(word)
        else:
            names[number] = word
            number += 1
    return names


@cache
def _ids() -> dict[str, int]:
    return {name.upper(): number for number, name in _names().items()}
