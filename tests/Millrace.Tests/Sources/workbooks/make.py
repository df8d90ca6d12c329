"""Makes the workbooks beside it with openpyxl 3.0.9 (Debian's python3-openpyxl): python3 make.py"""
import datetime as dt
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

orders = Workbook()
sheet = orders.active
sheet.title = "Notes"
sheet["A1"] = "nothing here"
sheet = orders.create_sheet("Orders")
sheet["B2"] = "written by hand"
sheet.append([])
for row in [
    [None, "id", "day", "at", "amount", "paid", "note"],
    [None, 1, dt.date(2024, 2, 29), dt.datetime(2024, 2, 29, 13, 45, 30), 1.1, True, "plain"],
    [None, 2, dt.date(1900, 3, 1), dt.datetime(1999, 12, 31, 23, 59, 59, 999000), -0.05, False, "two\nlines"],
    [None, 12345678901, None, None, None, None, " kept \u00e9 <&>"],
    [None, 4, "=NA()", None, 2, True, "formula without a value"],
    [None, 5, dt.date(2024, 1, 1), None, "x", True, "a text for a number"],
    [None, None, None, None, None, None, None],
    [None, 6, dt.date(2024, 1, 2), dt.datetime(2024, 1, 2), 1e-7, None, "merged"],
]:
    sheet.append(row)
error = sheet.cell(row=8, column=3)
error.value = "#N/A"
error.data_type = "e"
sheet.merge_cells("G12:G13")
sheet["B13"] = 7
orders.save("orders.xlsx")

mac = Workbook()
mac.epoch = CALENDAR_MAC_1904
mac.active.append(["id", "day"])
mac.active.append([1, dt.date(2024, 2, 29)])
mac.save("mac.xlsx")

days = Workbook()
sheet = days.active
sheet.append(["serial", "day"])
for serial in [1, 59, 60, 61, 45351]:
    sheet.append([serial, serial])
    sheet.cell(row=sheet.max_row, column=2).number_format = "yyyy\\-mm\\-dd;@"
days.save("days.xlsx")

# A program that shares texts between cells: XlsxWriter 3.0.2 (Debian's python3-xlsxwriter).
import xlsxwriter

shared = xlsxwriter.Workbook("shared.xlsx")
sheet = shared.add_worksheet()
bold = shared.add_format({"bold": True})
clock = shared.add_format({"num_format": "hh:mm:ss"})
sheet.write_row(0, 0, ["id", "name", "at"])
for i in range(200):
    sheet.write_number(i + 1, 0, i)
    if i == 7:
        sheet.write_rich_string(i + 1, 1, "rich ", bold, "and bold", " text")
    elif i == 8:
        sheet.write_string(i + 1, 1, "control \x01 sign")
    else:
        sheet.write_string(i + 1, 1, "name %d" % (i % 5))
    sheet.write_number(i + 1, 2, i / 1440, clock)
shared.close()
