"""The job that must always work: a used-cars CSV becomes a .hyper file, row by row, and is asked questions.

    python demo.py [--csv CARS.csv] [--out CARS.hyper] [--progress]

The CSV (Latin-1, 20 columns) is that of --csv or $AUTOS_CSV; without one, make_autos_csv.py makes one of the full
371,528 rows. Prices like "$5,000" and mileages like "150,000km" are understood.
"""
import argparse
import os
import sys
import time

import pandas as pd
from tableauhyperapi import (Connection, CreateMode, HyperProcess, Inserter, Nullability, SqlType, TableDefinition,
                             TableName, Telemetry)

BUILD = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "build")

TYPES = {
    "dateCrawled": SqlType.timestamp(), "name": SqlType.text(), "seller": SqlType.text(), "offerType": SqlType.text(),
    "price": SqlType.double(), "abtest": SqlType.text(), "vehicleType": SqlType.text(),
    "yearOfRegistration": SqlType.int(), "gearbox": SqlType.text(), "powerPS": SqlType.int(), "model": SqlType.text(),
    "kilometer": SqlType.double(), "monthOfRegistration": SqlType.int(), "fuelType": SqlType.text(),
    "brand": SqlType.text(), "notRepairedDamage": SqlType.text(), "dateCreated": SqlType.timestamp(),
    "nrOfPictures": SqlType.int(), "postalCode": SqlType.int(), "lastSeen": SqlType.timestamp(),
}
REQUIRED = {"dateCrawled", "price", "brand", "dateCreated"}
TABLE = TableName("Extract", "Extract")


class Steps:
    """Prints what was done and how long it took."""

    def __init__(self):
        self.start = self.last = time.perf_counter()

    def done(self, text):
        now = time.perf_counter()
        print(f"{now - self.last:7.2f} s  {text}", flush=True)
        self.last = now

    def total(self):
        print(f"{time.perf_counter() - self.start:7.2f} s  in all", flush=True)


def find_csv(path, steps):
    if path:
        return path
    path = os.path.join(BUILD, "autos.csv")
    if not os.path.exists(path):
        import make_autos_csv
        os.makedirs(BUILD, exist_ok=True)
        make_autos_csv.write(path)
        steps.done(f"made {path}")
    return path


def read_cars(path):
    """The cars with plain numbers for price and mileage, points in time, and no impossible prices."""
    cars = pd.read_csv(path, encoding="latin-1").rename(columns={"odometer": "kilometer"})
    for column, unit in (("price", "$"), ("kilometer", "km")):
        if not pd.api.types.is_numeric_dtype(cars[column]):
            cars[column] = cars[column].str.replace(",", "").str.replace(unit, "", regex=False)
        cars[column] = cars[column].astype(float)
    for column in ("dateCrawled", "dateCreated", "lastSeen"):
        cars[column] = pd.to_datetime(cars[column])
    return cars[cars["price"].between(1, 5_000_000)]


def rows_of(cars):
    """Rows of Python values; None where a field is empty."""
    columns = []
    for name in TYPES:
        column = cars[name]
        if pd.api.types.is_datetime64_any_dtype(column):
            values = column.to_numpy().astype("datetime64[us]").tolist()
        else:
            values = column.tolist()
        if column.isna().any():
            values = [None if missing else value for value, missing in zip(values, column.isna())]
        columns.append(values)
    return zip(*columns)


def progress(rows, total, wanted):
    """The rows, with a bar on stderr as they go: tqdm's if it is installed."""
    if not wanted:
        return rows
    try:
        from tqdm import tqdm
    except ImportError:
        return own_bar(rows, total)
    return tqdm(rows, total=total, unit=" rows", file=sys.stderr)


def own_bar(rows, total):
    start = time.perf_counter()
    step = max(total // 100, 1)
    for i, row in enumerate(rows, 1):
        yield row
        if i % step == 0 or i == total:
            done, rate = i * 40 // total, i / (time.perf_counter() - start)
            sys.stderr.write(f"\r[{'#' * done}{'.' * (40 - done)}] {i * 100 // total:3}%  {rate:,.0f} rows/s")
            sys.stderr.flush()
    sys.stderr.write("\r\033[K")


def write_extract(hyper, cars, path, wants_progress, steps):
    with Connection(hyper.endpoint, path, CreateMode.CREATE_AND_REPLACE) as connection:
        connection.catalog.create_schema("Extract")
        table = TableDefinition(TABLE, [
            TableDefinition.Column(name, kind, Nullability.NOT_NULLABLE if name in REQUIRED else Nullability.NULLABLE)
            for name, kind in TYPES.items()])
        connection.catalog.create_table(table)
        rows = rows_of(cars)
        steps.done("made Python values and the table")
        with Inserter(connection, table) as inserter:
            for row in progress(rows, len(cars), wants_progress):
                inserter.add_row(row)
            steps.done(f"added {len(cars):,} rows, one by one")
            inserter.execute()
            steps.done("executed the insert")
    steps.done("closed the connection")


def look_at(hyper, path, n_expected, steps):
    with Connection(hyper.endpoint, path) as connection:
        n_rows = connection.execute_scalar_query(f"SELECT COUNT(*) FROM {TABLE}")
        dearest = connection.execute_list_query(
            f'SELECT "brand", AVG("price"), COUNT(*) FROM {TABLE} GROUP BY "brand" ORDER BY 2 DESC, 1 LIMIT 5')
    steps.done("opened the file again and asked")
    print(f"\n{n_rows:,} rows of {len(TYPES)} columns in {path}, {os.path.getsize(path):,} bytes")
    print("the five dearest brands:")
    for brand, price, n in dearest:
        print(f"  {brand:20} {price:12,.2f} on average, {n:7,} cars")
    if n_rows != n_expected:
        sys.exit(f"demo: {n_expected:,} rows were expected")


def main():
    parser = argparse.ArgumentParser(description="A used-cars CSV becomes a .hyper file.")
    parser.add_argument("--csv", default=os.environ.get("AUTOS_CSV"))
    parser.add_argument("--out", default=os.path.join(BUILD, "autos.hyper"))
    parser.add_argument("--progress", action="store_true", default=sys.stderr.isatty(),
                        help="show a bar even if stderr is no terminal")
    arguments = parser.parse_args()
    steps = Steps()
    path = find_csv(arguments.csv, steps)
    os.makedirs(os.path.dirname(os.path.abspath(arguments.out)), exist_ok=True)
    cars = read_cars(path)
    steps.done(f"read {path}: {len(cars):,} rows with a price")
    with HyperProcess(Telemetry.DO_NOT_SEND_USAGE_DATA_TO_TABLEAU, "demo") as hyper:
        steps.done("started the engine")
        write_extract(hyper, cars, arguments.out, arguments.progress, steps)
        look_at(hyper, arguments.out, len(cars), steps)
    steps.total()


if __name__ == "__main__":
    main()
