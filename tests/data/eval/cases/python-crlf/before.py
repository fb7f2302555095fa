"""Grüße und Texte für die Anzeigetafel."""

GRUSS = {
    "de": "Grüß Gott",
    "fr": "Bonjour à tous",
    "pl": "Dzień dobry",
    "ja": "こんにちは",
}


def gruss(sprache: str, name: str = "") -> str:
    """Begrüßt auf „sprache“; unbekannte Sprachen auf Deutsch."""
    text = GRUSS.get(sprache, GRUSS["de"])
    if name:
        text += f", {name}"
    return text + "!"


def laufschrift(text: str, breite: int, schritt: int) -> str:
    """Der Ausschnitt der Laufschrift → nach links."""
    band = text + " ★ "
    anfang = schritt % len(band)
    return (band + band)[anfang : anfang + breite]


def in_zellen(text: str) -> int:
    """Wie viele Zellen der Tafel der Text braucht: 漢字 brauchen zwei."""
    return sum(2 if ord(zeichen) > 0x2E80 else 1 for zeichen in text)
