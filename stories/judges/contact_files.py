"""Writes contacts as spreadsheets and address books do: {"folder"} on standard input. Each file has the same three people."""

import datetime
import json
import sys
from pathlib import Path

import openpyxl
import vobject
import xlsxwriter

folder = Path(json.load(sys.stdin)["folder"])
BORN = datetime.date(1990, 5, 17)
SEEN = datetime.datetime(2030, 1, 31, 14, 30)
HEADER = ["number", "name", "born", "seen", "paid:flag", "score:number"]
# As text with its plus, as a number that lost it, and as a national number that lost its zero.
NUMBERS = ["+447700900101", 447700900102, 7700900103]
NAMES = ["Zoë Ünlü", "=not a formula", "Ann"]


def by_openpyxl():
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(HEADER)
    for number, name in zip(NUMBERS, NAMES):
        sheet.append([number, None, BORN, SEEN, True, 1.5])
        cell = sheet.cell(row=sheet.max_row, column=2)
        cell.value, cell.data_type = name, "s"
    # A formula that nothing has calculated.
    sheet.append(["=A2", "Nobody"])
    book.create_sheet("Others").append(["not", "read"])
    book.save(folder / "openpyxl.xlsx")


def by_xlsxwriter(name, options):
    book = xlsxwriter.Workbook(folder / name, options)
    sheet = book.add_worksheet()
    date, time = book.add_format({"num_format": "dd.mm.yyyy"}), book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
    sheet.write_row(0, 0, HEADER)
    for row, (number, name) in enumerate(zip(NUMBERS, NAMES), start=1):
        if isinstance(number, int):
            # A formula, with the value that the spreadsheet saved.
            sheet.write_formula(row, 0, f"={number}", None, number)
        else:
            sheet.write_string(row, 0, number)
        sheet.write_string(row, 1, name)
        sheet.write_datetime(row, 2, datetime.datetime.combine(BORN, datetime.time()), date)
        sheet.write_datetime(row, 3, SEEN, time)
        sheet.write_boolean(row, 4, True)
        sheet.write_number(row, 5, 1.5)
    sheet.write_formula(4, 0, "=1/0", None, "#DIV/0!")
    book.close()


def by_vobject():
    cards = []
    for number, name in zip(["+44 7700 900101", "07700 900102", "tel:+44-7700-900103"], NAMES):
        card = vobject.vCard()
        card.add("fn").value = name
        card.add("n").value = vobject.vcard.Name(family=name)
        home = card.add("tel")
        home.value, home.type_param = "+442079460000", "HOME"
        mobile = card.add("tel")
        mobile.value, mobile.type_param = number, "CELL"
        card.add("bday").value = BORN.isoformat()
        card.add("note").value = "A long note, which has; signs, and goes on and on. " * 5
        cards.append(card.serialize())
    (folder / "vobject.vcf").write_text("".join(cards), newline="")


by_openpyxl()
by_xlsxwriter("xlsxwriter.xlsx", {})
by_xlsxwriter("constant_memory.xlsx", {"constant_memory": True})
by_xlsxwriter("1904.xlsx", {"date_1904": True})
by_vobject()
