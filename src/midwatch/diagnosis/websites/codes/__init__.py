"""Finding codes of websites: WEB-1xx."""

from midwatch.analysis.codes import Catalogue

CODES = Catalogue.load(__name__, at_once=False)
finding = CODES.finding
