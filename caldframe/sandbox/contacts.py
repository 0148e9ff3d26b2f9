# ruff: noqa: SIM905 - hundreds of names read better without their quotation marks
"""Lists of contacts: made-up people with numbers that are reserved for fiction."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from caldframe.sandbox.dice import Dice
    from caldframe.sandbox.script import Script

# Area codes that lie in one time zone, by that zone. Numbers 555-0100 to 555-0199 are fictitious in each.
_UNITED_STATES: Final[Mapping[str, str]] = {
    "America/New_York": "201 202 203 207 212 215 216 240 267 301 302 304 305 315 330 336 401 404 407 410 "
    "412 413 419 434 440 508 513 518 540 561 585 603 607 610 614 617 631 646 703 704 716 717 718 727 740 "
    "757 770 772 802 803 804 813 828 843 856 860 864 904 910 912 914 919 937 941 954 973 978",
    "America/Detroit": "248 313 517 616 734 810",
    "America/Indiana/Indianapolis": "317",
    "America/Kentucky/Louisville": "502",
    "America/Chicago": "205 210 214 217 225 228 251 254 262 281 309 312 314 316 318 319 361 402 405 409 "
    "414 417 479 501 504 507 512 515 563 573 601 608 612 615 618 630 636 641 651 660 662 682 708 712 713 "
    "715 763 769 773 779 806 815 816 817 832 847 870 901 903 913 918 920 936 940 952 956 972 979 985",
    "America/Denver": "303 307 385 406 435 505 575 719 720 801 970",
    "America/Phoenix": "480 520 602 623",
    "America/Los_Angeles": "206 209 213 253 310 323 360 408 415 425 503 509 510 530 559 562 619 626 650 "
    "661 702 707 714 760 805 818 831 858 909 916 925 949 951",
    "America/Anchorage": "907",
    "Pacific/Honolulu": "808",
}
_CANADA: Final[Mapping[str, str]] = {
    "America/Toronto": "416 418 450 514 519 613 647 905",
    "America/Winnipeg": "204",
    "America/Regina": "306",
    "America/Edmonton": "403",
    "America/Vancouver": "604",
    "America/Halifax": "902",
    "America/St_Johns": "709",
}
# Ofcom keeps a thousand numbers of each of these cities for drama.
_UNITED_KINGDOM: Final = "113496 114496 115496 116496 117496 118496 121496 131496 141496 151496 161496 207946"

_SHARES: Final = (("us", 0.88), ("ca", 0.07), ("uk", 0.05))

_FIRST_NAMES: Final = (
    "Aaron Abigail Aisha Alan Alejandra Alice Amara Amy Andre Angela Anna Anthony Antonio Ashley Beatriz "
    "Benjamin Beth Brandon Brenda Brian Bridget Caleb Camille Carlos Carol Caroline Charles Chinedu Cheryl "
    "Chloe Chris Claire Craig Cynthia Dana Daniela Darnell David Deborah Denise Derek Diego Donna Dorothy "
    "Ebony Edward Elena Eli Elizabeth Emeka Emily Eric Esther Ethan Eva Farah Felix Fiona Frank Gabriela "
    "George Gloria Grace Greg Hannah Harold Hassan Heather Helen Henry Ian Imani Ingrid Irene Isaac Jacob "
    "Jamal James Janet Jasmine Jean Jenna Jerome Jesús Joan João Joel José Joy Juan Judith Julia Karen Katie "
    "Keisha Kenji Kevin Kimberly Kofi Kyle Lakshmi Laura Leah Leroy Linda Lisa Logan Lorraine Lucía Luke "
    "Malik Marcus María Marie Martha Megan Mei Michael Miguel Mildred Mohammed Monica Nadia Nancy Naomi "
    "Natalie Nathan Nicole Nina Noah Noémie Olga Oliver Omar Pamela Patricia Patrick Paul Pedro Peter Philip "
    "Priyanka Rachel Ramón Raquel Raymond Rebecca Renée Rhonda Ricardo Robert Rosa Roy Ruth Ryan Sabrina "
    "Salma Samuel Sandra Sara Scott Sean Sergio Shannon Shirley Sofía Sophie Stanley Stephanie Steven Sunil "
    "Susan Sven Sylvia Tara Teresa Theo Thomas Tiffany Tomás Tracy Trevor Tyrone Ursula Valerie Victor "
    "Vincent Virginia Walter Wanda Wei Wendy William Xavier Yasmin Yolanda Yusuf Zachary Zoë"
).split()
_LAST_NAMES: Final = (
    "Abbott Acosta Adeyemi Ahmadi Alvarez Anderson Appleby Armitage Baker Banerjee Barlow Barrett Becker "
    "Bellamy Bennett Björklund Blackwood Boateng Bouchard Brennan Brooks Bryant Buckley Burgess Caldwell "
    "Campbell Carrasco Castillo Chambers Chandra Chen Clarke Coleman Côté Crawford Cruz Dalton Davenport "
    "Delgado Desai Díaz Dixon Donovan Dubois Duffy Eastwood Edwards Eriksen Espinoza Fairchild Farrell "
    "Fernández Fischer Fitzgerald Fleming Flores Foster Fujimoto Gagnon Gallagher García Gibbons Gill "
    "Goldberg Gonzalez Graves Greenwood Griffin Gutiérrez Haddad Hamilton Hansen Harrington Hayes Hernandez "
    "Holloway Horvath Huang Hughes Ibarra Ibrahim Ingram Iyer Jackson Jankowski Jensen Jiménez Johansson "
    "Kaplan Kaur Kelleher Kessler Khan Kim Kimura Knight Kowalski Krause Lambert Larsen Leblanc Lehmann Li "
    "Lindqvist Lopez Lowell Lucero MacLeod Malone Marchetti Marsh Martínez Mbeki McCarthy McIntyre Medina "
    "Meyer Mitchell Moore Morales Müller Murphy Nakamura Navarro Nguyen Nielsen Novak Núñez Nwosu O'Brien "
    "O'Connor O'Neill Okonkwo Oliveira Olsen Ortega Osborne Owusu Park Parsons Patel Pearson Peña Pereira "
    "Petrov Phan Pham Porter Prescott Price Quinn Ramirez Rasmussen Reyes Richter Rivera Robinson Romano "
    "Rosenthal Rossi Russell Sánchez Sandoval Santos Sato Schneider Schultz Shah Shapiro Silva Sinclair "
    "Singh Sokolov Stein Stewart Sullivan Suzuki Tanaka Thatcher Thibault Thompson Torres Tran Tremblay "
    "Underwood Vargas Vasquez Vaughn Villanueva Wagner Walker Washington Watanabe Webster Whitaker Williams "
    "Winslow Wójcik Wong Wright Yamamoto Yilmaz Young Zamora Zhang Zimmerman"
).split()

_HAS_EMAIL: Final = 0.7
_MAIL_HOSTS: Final = ("example.com", "example.net", "example.org")


@dataclass(frozen=True)
class Contact:
    """Somebody to call.

    Parameters
    ----------
    number : str
        The number, in E.164.
    zone : str
        The number's time zone.
    first, last : str
        The name.
    email : str or None
        The address, where it is known.
    variables : mapping of str to str
        The contact's values of the script's variables.
    """

    number: str
    zone: str
    first: str
    last: str
    email: str | None
    variables: Mapping[str, str]

    def as_json(self) -> dict[str, str]:
        """Give the contact as the API does: custom variables stand beside the documented fields."""
        email = {} if self.email is None else {"email": self.email}
        return {
            "phoneNumber": self.number,
            "prospectName": f"{self.first} {self.last}",
            **email,
            **self.variables,
        }


class NumberPool:
    """Numbers that are reserved for fiction, none given out twice.

    Parameters
    ----------
    dice : Dice
        Chance.
    """

    def __init__(self, dice: Dice) -> None:
        self._dice = dice
        self._given: set[str] = set()

    def draw(self) -> tuple[str, str]:
        """Give a number and its time zone."""
        while True:
            number, zone = self._any()
            if number not in self._given:
                self._given.add(number)
                return number, zone

    def _any(self) -> tuple[str, str]:
        country = self._dice.weigh(_SHARES)
        if country == "uk":
            return f"+44{self._dice.pick(_BRITISH)}{self._dice.whole(0, 999):04}", "Europe/London"
        area, zone = self._dice.pick(_AMERICAN if country == "us" else _CANADIAN)
        return f"+1{area}555{self._dice.whole(100, 199):04}", zone


def make_contact(pool: NumberPool, script: Script, dice: Dice) -> Contact:
    """Make up one more contact of a script's list."""
    number, zone = pool.draw()
    first, last = dice.pick(_FIRST_NAMES), dice.pick(_LAST_NAMES)
    email = None
    if dice.chance(_HAS_EMAIL):
        email = f"{_plain(first)}.{_plain(last)}@{dice.pick(_MAIL_HOSTS)}"
    variables = {name: dice.pick(values) for name, values in script.variables.items()}
    return Contact(number, zone, first, last, email, variables)


def _by_area(zones: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((area, zone) for zone, areas in zones.items() for area in areas.split())


_AMERICAN: Final = _by_area(_UNITED_STATES)
_CANADIAN: Final = _by_area(_CANADA)
_BRITISH: Final = tuple(_UNITED_KINGDOM.split())


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFD", name)
    return "".join(letter for letter in letters if letter.isascii() and letter.isalpha()).lower()
