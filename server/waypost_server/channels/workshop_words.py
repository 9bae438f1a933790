"""The words around an invitation to a workshop, by language: in the mail and on the page behind its links."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo


@dataclass(frozen=True, slots=True)
class Words:
    """One language. `{}` stands for what is named in the line's own words."""

    when: str
    where: str
    host: str
    yes: str
    no: str
    answer: str
    moved: str
    cancelled: str
    off: str
    said_yes: str
    said_no: str
    full: str
    over: str
    change: str
    day: str  # weekday, day, month, year
    weekdays: tuple[str, ...]
    months: tuple[str, ...]


def moment(words: Words, starts_at: datetime, ends_at: datetime, zone: tzinfo) -> str:
    """Thu 3 Dec 2026, 15:00–15:45 (Europe/Berlin), where the reader is."""
    start, end = starts_at.astimezone(zone), ends_at.astimezone(zone)
    weekday, month = words.weekdays[start.weekday()], words.months[start.month - 1]
    day = words.day.format(weekday, start.day, month, start.year)
    return f"{day}, {start:%H:%M}–{end:%H:%M} ({zone})"


WORDS = {
    "en": Words(
        "When", "Where", "With", "I'll be there", "I can't come", "Will you be there?",
        "New time: {}", "Cancelled: {}", "This workshop does not take place.",
        "You are coming. See you there.", "You are not coming. Thank you for saying so.",
        "All places are taken. If somebody cancels, one is free again: look here later.",
        "This workshop is over.", "You can change your answer until it begins.",
        "{} {} {} {}",
        ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    ),
    "de": Words(
        "Wann", "Wo", "Mit", "Ich komme", "Ich kann nicht", "Sind Sie dabei?",
        "Neue Zeit: {}", "Abgesagt: {}", "Dieser Workshop findet nicht statt.",
        "Sie sind dabei. Bis dann.", "Sie kommen nicht. Danke für die Nachricht.",
        "Alle Plätze sind vergeben. Wenn jemand absagt, wird einer frei: Schauen Sie später wieder hier vorbei.",
        "Dieser Workshop ist vorbei.", "Bis zum Beginn können Sie Ihre Antwort ändern.",
        "{}, {}. {} {}",
        ("Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"),
        ("Jan.", "Feb.", "März", "Apr.", "Mai", "Juni", "Juli", "Aug.", "Sept.", "Okt.", "Nov.", "Dez."),
    ),
    "fr": Words(
        "Quand", "Où", "Avec", "Je viens", "Je ne peux pas venir", "Serez-vous là ?",
        "Nouvel horaire : {}", "Annulé : {}", "Cet atelier n’a pas lieu.",
        "Vous venez. À bientôt.", "Vous ne venez pas. Merci de l’avoir dit.",
        "Toutes les places sont prises. Si quelqu’un annule, une place se libère : revenez voir plus tard.",
        "Cet atelier est terminé.", "Vous pouvez changer de réponse jusqu’au début.",
        "{} {} {} {}",
        ("lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim."),
        ("janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.", "déc."),
    ),
    "es": Words(
        "Cuándo", "Dónde", "Con", "Asistiré", "No puedo asistir", "¿Va a asistir?",
        "Nueva hora: {}", "Cancelado: {}", "Este taller no se celebra.",
        "Va a asistir. Hasta entonces.", "No va a asistir. Gracias por avisar.",
        "No quedan plazas. Si alguien cancela, se libera una: vuelva a mirar más tarde.",
        "Este taller ha terminado.", "Puede cambiar su respuesta hasta que empiece.",
        "{} {} {} {}",
        ("lun", "mar", "mié", "jue", "vie", "sáb", "dom"),
        ("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic"),
    ),
}  # fmt: skip
