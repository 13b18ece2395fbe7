"""What a device's names say of switching it off: that it must stay on, that it works alone, that it may hurt somebody.

Names are compared word by word after Unicode folding, in the languages that most homes use. It errs towards
"must stay on": the price of a needless match is a hunch that nobody sees, or that asks.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from .home import Entity

# Everything a life or a health hangs on, whatever domain switches it.
_LIFE: Final = """
medical medicine medizin médical médico médica medico medicale medisch medicinsk patient
cpap bipap apap oxygen oxygène oxígeno ossigeno oxigênio sauerstoff zuurstof syre syrgas tlen tlenu кислород 酸素 氧气
산소
respirator respirateur respirador respiratore respiratory beatmung beademing nebulizer nebuliser inhalator
vernebler
dialysis dialyse dialisi diálisis dialys concentrator konzentrator infusion sleep·apnea apnea apnoe apnée
defibrillator aed incubator incubateur incubadora incubatrice inkubator brutkasten brutschrank couveuse
broedmachine 保育器
baby·monitor babymonitor babyphone babyphon babyfoon babyvakt écoute·bébé
aquarium acuario acquario aquário akvarium akvaario akwarium аквариум 水槽 水族 수족관 fish·tank fishtank
fischbecken koi koiteich
chicken·coop hen·house hühnerstall poulailler gallinero pollaio kippenhok kurnik galinheiro
heat·lamp wärmelampe brutlampe
hospital·bed pflegebett wechseldruckmatratze nurse·call hausnotruf téléassistance montascale traplift monte·escalier
niania babá·eletrônica wylęgarka chocadeira dymu belüfter
terrarium terrario terrárium vivarium paludarium reptile reptil brooder chick·brooder hatchery
smoke rauchmelder rookmelder fumée humo fumo røyk brandvarnare brandmelder fire·alarm carbon·monoxide
defrost frost·protection frostschutz antifreeze hors·gel antigel antihielo antigelo
"""

# Everything that runs day and night behind a plug.
_POWER: Final = """
fridge refrigerator refrigeration kühlschrank kuehlschrank kühltruhe kuehltruhe kühlgerät kühlkombi koelkast
koelkasten
réfrigérateur frigo frigidaire frigorífico frigorifero refrigerador nevera heladera geladeira kylskåp kjøleskap
køleskab jääkaappi
lodówka lednička lednice hladnjak frižider frigider hűtő buzdolabı buzdolabi ψυγείο холодильник 冷蔵庫 冰箱
냉장고 مبرد ثلاجة
freezer deep·freeze gefrierschrank gefriertruhe gefrierer gefrier tiefkühl tiefkuehl vriezer diepvries
diepvriezer vrieskist
congélateur congelador congelatore frys frysbox fryser pakastin zamrażarka mrazák mraznička morozilka
морозильник 冷凍庫 冰柜 냉동고
wine·cooler weinkühlschrank ice·maker cool·box coolbox kühlbox vaccine vaccines impfstoff
router routeur routers access·point modem fritzbox fritz·box livebox gateway firewall switch·poe poe ethernet
netzwerk
network réseau redes ont fiber glasfaser repeater роутер маршрутизатор ルーター 路由器 공유기
server serveur servidor servidores serverschrank palvelin serwer сервер サーバー 服务器 서버 homelab proxmox
synology qnap unraid truenas
nas nuc raspberry raspi homeassistant home·assistant coordinator hub bridge hue·bridge
ups usv onduleur sai backup·battery backup·power
nvr dvr cctv surveillance kamera kameror webcam ipcam telecamera cámara security·camera cam
alarm alarme alarma alarmanlage allarme hälytin alarmi сигнализация 警報 报警 경보 intercom doorbell sonnette
türklingel
pump pumps pumpe pumpen pomp pompen pompe pompes pompa pompy bomba bombas pumppu čerpadlo szivattyú αντλία насос
ポンプ 水泵 펌프 sump
boiler furnace heizung heizkessel chaudière caldaia caldera cv·ketel heat·pump wärmepumpe recuperator hrv erv
mvhr vmc kwl wtw lüftungsanlage wohnraumlüftung ventilation·system ventilation·unit
radon septic sewage hebeanlage
zamrażalnik chłodziarka eisschrank congélo surgelatore arcón ijskast roteador freebox kamery
kocioł circolatore rekuperator antifurto kläranlage szambo gruppo·di·continuità zasilacz·awaryjny
adguard pi·hole pihole vpn wireguard tailscale starlink eero orbi dlan powerline
inverter wechselrichter omvormer inversor falownik balkonkraftwerk
water·heater warmwasser durchlauferhitzer chauffe·eau scaldabagno scaldacqua calentador podgrzewacz termoacumulador
electric·fence weidezaun clôture·électrique greenhouse gewächshaus invernadero szklarnia
kyl külmkapp sügavkülmik šaldytuvas ledusskapis eismaschine
pet·feeder feeder futterautomat
elevator treppenlift stairlift wheelchair rollstuhl fauteuil·roulant
always·on do·not·switch dont·switch nicht·ausschalten
"""

# What works for hours with nobody beside it, and is spoiled, or let down, if it is cut off: it charges, washes, prints,
# cooks, computes.
_WORK: Final = """
charger charging ladestation ladegerät lader chargeur cargador caricatore caricabatterie oplader laadpaal laadstation
ładowarka carregador wallbox evse zappi easee go·e ev e·car e·auto e·bike ebike scooter
washer washing·machine waschmaschine lave·linge lavadora lavatrice wasmachine pralka lavar tvättmaskin
vaskemaskine vaskemaskin
dryer tumble·dryer trockner sèche·linge secadora asciugatrice droger wasdroger suszarka secar torktumlare tørretumbler
dishwasher geschirrspüler spülmaschine lave·vaisselle lavavajillas lavastoviglie vaatwasser zmywarka louça diskmaskin
opvaskemaskine oppvaskmaskin
printer drucker imprimante impresora stampante drukarka impressora prusa bambu octoprint
slow·cooker crock·pot instant·pot sous·vide bread·maker brotbackautomat rice·cooker reiskocher dehydrator dörrautomat
yogurt joghurt smoker
computer pc workstation rechner ordinateur ordenador komputer computador desktop imac
roborock roomba robot roboter mower mähroboter tondeuse cortacésped tosaerba grasmaaier kosiarka
"""

_POWER_DOMAINS: Final = frozenset({"switch", "fan", "humidifier", "input_boolean", "media_player"})
_GATES: Final = """
garage garasje garagentor garázs garaż garaje garagem tor gate hoftor rolltor sektionaltor schiebetor portail portillon
portón porton cancello portão poort driveway cochera basculante brama bramy furtka szlaban barriere schranke roldeur
гараж ガレージ 车库
"""
_GATE_CLASSES: Final = frozenset({"garage", "gate", "door"})
_WORD: Final = re.compile(r"[^\W_]+")
_DISTINCT: Final = 5
"""From this length a word is looked for inside compounds too ("umwälzpumpe", "kühlschranksteckdose")."""
_ENDING: Final = 4
"""From this length it is looked for at their ends ("värmepump"), where many languages put the head."""


def fold(text: str) -> tuple[str, ...]:
    """Return the words of a name, folded: NFKC, casefolded, without accents (entity ids have lost theirs).

    CamelCase and digits end words.
    """
    text = unicodedata.normalize("NFKC", text)
    text = re.sub(r"(?<=[a-zß-ÿ])(?=[A-ZÀ-Þ])|(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])", " ", text)
    text = unicodedata.normalize("NFKD", text.casefold())
    return tuple(_WORD.findall("".join(c for c in text if not unicodedata.combining(c))))


def _terms(text: str) -> tuple[frozenset[str], frozenset[tuple[str, ...]]]:
    """Return single words and phrases of a list, folded as names are."""
    folded = [fold(term.replace("·", " ")) for term in text.split()]
    return frozenset(t[0] for t in folded if len(t) == 1), frozenset(t for t in folded if len(t) > 1)


_LIFE_TERMS: Final = _terms(_LIFE)
_POWER_TERMS: Final = _terms(_POWER)
_WORK_TERMS: Final = _terms(_WORK)
_GATE_TERMS: Final = _terms(_GATES)


def _has(words: tuple[str, ...], terms: tuple[frozenset[str], frozenset[tuple[str, ...]]]) -> bool:
    single, phrases = terms
    for word in words:
        if word in single:
            return True
        for term in single:
            # scripts without spaces have short words that stand inside longer runs
            if len(term) >= _DISTINCT or not term.isascii():
                if term in word:
                    return True
            elif len(term) >= _ENDING and word.endswith(term):
                return True
    return any(words[i : i + len(p)] == p for p in phrases for i in range(len(words) - len(p) + 1))


def _words(entity: Entity) -> tuple[str, ...]:
    """Return the words of everything a thing is called, kept apart so that no phrase spans two names."""
    texts = [text for one in entity.whole for text in _texts(one)]
    return tuple(word for text in texts for word in (*fold(text), ""))


def _texts(entity: Entity) -> tuple[str, ...]:
    # A plug is often named after nothing; what it feeds stands around it
    around = entity.area or "" if entity.domain == "switch" else ""
    return entity.name, entity.entity_id.partition(".")[2], *entity.labels, around


@lru_cache(maxsize=4096)
def looks_always_on(entity: Entity) -> bool:
    """Return whether an entity's names say that it feeds something that must not be switched off.

    Plugs and what else feeds appliances: cooling, networks, servers, alarms, pumps. Any domain: medical devices,
    animals, fire and frost protection.
    """
    words = _words(entity)
    feeds = any(one.domain in _POWER_DOMAINS for one in entity.whole)
    return _has(words, _LIFE_TERMS) or (feeds and _has(words, _POWER_TERMS))


@lru_cache(maxsize=4096)
def works_alone(entity: Entity) -> bool:
    """Return whether a plug's names say that it feeds what works with nobody beside it, and is not to be cut off."""
    return any(one.domain in _POWER_DOMAINS for one in entity.whole) and _has(_words(entity), _WORK_TERMS)


@lru_cache(maxsize=4096)
def is_gate(entity: Entity) -> bool:
    """Return whether a cover is a garage door, a gate or a door: something that can close on somebody."""
    if entity.domain != "cover":
        return False
    classes = {one.device_class for one in entity.whole}
    return not _GATE_CLASSES.isdisjoint(classes) or _has(_words(entity), _GATE_TERMS)
