"""The words of the page on which people choose what they get, by language. `{}` is the product's name."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """One language."""

    title: str
    lead: str
    mail: str
    mail_more: str
    inside: str
    inside_more: str
    save: str
    saved: str


WORDS = {
    "en": Words(
        "What you get from {}",
        "It holds from the moment you save it. Messages you need, such as passwords, still arrive.",
        "E-mail",
        "Tips and news by e-mail. Without the tick, none at all.",
        "Inside the product",
        "Hints and news while you work.",
        "Save",
        "Saved.",
    ),
    "de": Words(
        "Was Sie von {} bekommen",
        "Es gilt, sobald Sie es speichern. Nötige Nachrichten, etwa zum Passwort, kommen weiterhin an.",
        "E-Mail",
        "Tipps und Neues per E-Mail. Ohne Haken gar keine.",
        "Im Produkt",
        "Hinweise und Neues, während Sie arbeiten.",
        "Speichern",
        "Gespeichert.",
    ),
    "fr": Words(
        "Ce que vous recevez de {}",
        "Votre choix vaut dès l’enregistrement. Les messages nécessaires (mot de passe…) arrivent toujours.",
        "E-mail",
        "Conseils et nouveautés par e-mail. Sans la coche, aucun.",
        "Dans le produit",
        "Conseils et nouveautés pendant que vous travaillez.",
        "Enregistrer",
        "C’est enregistré.",
    ),
    "es": Words(
        "Lo que recibe de {}",
        "Vale desde que lo guarda. Los mensajes necesarios, como los de la contraseña, siguen llegando.",
        "Correo electrónico",
        "Consejos y novedades por correo. Sin la marca, ninguno.",
        "Dentro del producto",
        "Consejos y novedades mientras trabaja.",
        "Guardar",
        "Guardado.",
    ),
}
