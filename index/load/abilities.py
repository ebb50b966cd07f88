"""What can be read on this machine beyond what always can: it may come while a folder is watched."""

from index.load.ocr import recogniser
from index.load.office import soffice


def abilities() -> frozenset[str]:
    """`ocr` where scans can be recognised, `office` where LibreOffice is installed."""
    found = {"ocr": recogniser(), "office": soffice()}
    return frozenset(name for name, how in found.items() if how is not None)
