"""What people write against Tableau's Hyper API, unchanged: whole scripts, each run by a Python of its own. Every output here is
that of the original package too (frames there and back, as with pantab: test_frames.py); ORIGINAL_PYTHON (an interpreter that has it) runs them on that as well."""
import os
import subprocess
import sys

import pytest

PYTHONS = [pytest.param(sys.executable, id="ours"), pytest.param(os.environ.get("ORIGINAL_PYTHON"), id="original", marks=[
    pytest.mark.skipif("ORIGINAL_PYTHON" not in os.environ, reason="ORIGINAL_PYTHON is not set")])]

SEVERAL_TABLES = """
from datetime import datetime
from pathlib import Path
from tableauhyperapi import HyperProcess, Telemetry, Connection, CreateMode, NOT_NULLABLE, NULLABLE, SqlType, \\
    TableDefinition, Inserter, escape_name, escape_string_literal, HyperException

orders_table = TableDefinition(table_name="Orders", columns=[
    TableDefinition.Column(name="Address ID", type=SqlType.small_int(), nullability=NOT_NULLABLE),
    TableDefinition.Column(name="Customer ID", type=SqlType.text(), nullability=NOT_NULLABLE),
    TableDefinition.Column(name="Order Date", type=SqlType.date(), nullability=NOT_NULLABLE),
    TableDefinition.Column(name="Ship Date", type=SqlType.date(), nullability=NULLABLE),
    TableDefinition.Column(name="Ship Mode", type=SqlType.text(), nullability=NULLABLE)])
customer_table = TableDefinition(table_name="Customer", columns=[
    TableDefinition.Column(name="Customer ID", type=SqlType.text(), nullability=NOT_NULLABLE),
    TableDefinition.Column(name="Loyalty Reward Points", type=SqlType.big_int(), nullability=NOT_NULLABLE)])

path = Path("superstore.hyper")
with HyperProcess(telemetry=Telemetry.DO_NOT_SEND_USAGE_DATA_TO_TABLEAU, parameters={"log_config": ""}) as hyper:
    with Connection(endpoint=hyper.endpoint, database=path, create_mode=CreateMode.CREATE_AND_REPLACE) as connection:
        connection.catalog.create_table(table_definition=orders_table)
        connection.catalog.create_table(table_definition=customer_table)
        with Inserter(connection, orders_table) as inserter:
            inserter.add_rows(rows=[[399, "DK-13375", datetime(2012, 9, 7), None, "Express Class"],
                                    [530, "EB-13705", datetime(2012, 7, 8), datetime(2012, 7, 10), "Standard 'Class'"]])
            inserter.execute()
        with Inserter(connection, customer_table) as inserter:
            inserter.add_row(row=["DK-13375", 518])
            inserter.add_row(row=["EB-13705", 815])
            inserter.execute()
        for table in sorted(str(t) for t in connection.catalog.get_table_names(schema="public")):
            count = connection.execute_scalar_query(query=f"SELECT COUNT(*) FROM {table}")
            print(table, count)
        points = escape_name("Loyalty Reward Points")
        changed = connection.execute_command(
            f"UPDATE {escape_name('Customer')} SET {points} = {points} + 50 WHERE {escape_name('Customer ID')} = "
            f"{escape_string_literal('DK-13375')}")
        print("changed", changed)
        print("deleted", connection.execute_command('DELETE FROM "Orders" WHERE "Ship Date" IS NULL'))
        with connection.execute_query('SELECT c.*, o."Ship Mode" FROM "Customer" c LEFT JOIN "Orders" o ON c."Customer ID" = o."Customer ID" ORDER BY 1') as result:
            print([str(column.name) for column in result.schema.columns], [column.type.tag.name for column in result.schema.columns])
            for row in result:
                print(row)
        try:
            connection.execute_command("SELECT * FROM nope")
        except HyperException as ex:
            print("nope" in ex.main_message, ex.hint)
    with Connection(hyper.endpoint, path) as connection:
        definition = connection.catalog.get_table_definition("Orders")
        print(definition.table_name, [(c.name.unescaped, str(c.type), c.nullability.name) for c in definition.columns])
        print(connection.catalog.get_schema_names(), connection.catalog.has_table("Customer"))
"""
SEVERAL_TABLES_OUTPUT = """"public"."Customer" 2
"public"."Orders" 2
changed 1
deleted 1
['"Customer ID"', '"Loyalty Reward Points"', '"Ship Mode"'] ['TEXT', 'BIG_INT', 'TEXT']
['DK-13375', 568, None]
['EB-13705', 815, "Standard 'Class'"]
True None
"superstore"."public"."Orders" [('Address ID', 'SMALL_INT', 'NOT_NULLABLE'), ('Customer ID', 'TEXT', 'NOT_NULLABLE'), \
('Order Date', 'DATE', 'NOT_NULLABLE'), ('Ship Date', 'DATE', 'NULLABLE'), ('Ship Mode', 'TEXT', 'NULLABLE')]
[SchemaName('public')] True
"""

COMPUTED_AND_SPATIAL = """
from tableauhyperapi import *
extract = TableDefinition(TableName("Extract", "Extract"), [
    TableDefinition.Column("Name", SqlType.text(), NOT_NULLABLE), TableDefinition.Column("Location", SqlType.tabgeography(), NOT_NULLABLE),
    TableDefinition.Column("Added", SqlType.timestamp()), TableDefinition.Column("Mode", SqlType.text())])
with HyperProcess(Telemetry.DO_NOT_SEND_USAGE_DATA_TO_TABLEAU, parameters={"log_config": ""}) as hyper:
    with Connection(hyper.endpoint, "places.hyper", CreateMode.CREATE_AND_REPLACE) as connection:
        connection.catalog.create_schema("Extract")
        connection.catalog.create_table(extract)
        stream = [TableDefinition.Column("Name", SqlType.text(), NOT_NULLABLE), TableDefinition.Column("place_as_text", SqlType.text(), NOT_NULLABLE),
                  TableDefinition.Column("added_as_text", SqlType.text(), NOT_NULLABLE), TableDefinition.Column("mode_as_number", SqlType.int(), NULLABLE)]
        mappings = ["Name", Inserter.ColumnMapping("Location", f'CAST({escape_name("place_as_text")} AS TABLEAU.TABGEOGRAPHY)'),
                    Inserter.ColumnMapping("Added", f'to_timestamp({escape_name("added_as_text")}, {escape_string_literal("YYYY-MM-DD HH24:MI:SS")})'),
                    Inserter.ColumnMapping("Mode", f'CASE {escape_name("mode_as_number")} WHEN 1 THEN {escape_string_literal("Express")} '
                                                   f'WHEN 2 THEN {escape_string_literal("Standard")} ELSE {escape_string_literal("None")} END')]
        with Inserter(connection, extract, mappings, inserter_definition=stream) as inserter:
            inserter.add_rows([["Seattle", "point(-122.338083 47.647528)", "2012-09-07 01:02:03", 1],
                               ["München", "point(11.584329 48.139257)", "2012-07-08 00:00:00", None]])
            inserter.execute()
        for name, place, added, mode in connection.execute_list_query(f'SELECT * FROM {extract.table_name} ORDER BY "Name"'):
            print(name, type(place).__name__, len(place) > 10, added, mode)
        print(connection.execute_list_query(f'SELECT "Name", "Location"::text LIKE \\'POINT%\\' FROM {extract.table_name} ORDER BY 1'))
        bad = [["Nowhere", "point(x y)", "2012-07-08 00:00:00", 1]]
        try:
            with Inserter(connection, extract, mappings, inserter_definition=stream) as inserter:
                inserter.add_rows(bad)
                inserter.execute()
        except HyperException as problem:
            print("refused", isinstance(problem, HyperException))
        print(connection.execute_scalar_query(f"SELECT COUNT(*) FROM {extract.table_name}"), connection.is_ready)
"""
COMPUTED_AND_SPATIAL_OUTPUT = """München bytes True 2012-07-08 00:00:00 None
Seattle bytes True 2012-09-07 01:02:03 Express
[['München', True], ['Seattle', True]]
refused True
2 True
"""

CSV_AND_SEVERAL_FILES = """
import shutil
from pathlib import Path
from tableauhyperapi import *
Path("customers.csv").write_text('Customer ID,Customer Name,Points,Segment\\nDK-13375,"Dennis, Kane",518,Consumer\\nEB-13705,Ed Braxton,815,\\nXX-1,NULL,0,Corporate\\n')
table = TableDefinition("Customer", [TableDefinition.Column("Customer ID", SqlType.text(), NOT_NULLABLE), TableDefinition.Column("Customer Name", SqlType.text()),
                                     TableDefinition.Column("Points", SqlType.big_int(), NOT_NULLABLE), TableDefinition.Column("Segment", SqlType.text())])
parameters = {"log_config": "", "default_database_version": "2"}
with HyperProcess(telemetry=Telemetry.DO_NOT_SEND_USAGE_DATA_TO_TABLEAU, user_agent="script", parameters=parameters) as hyper:
    with Connection(hyper.endpoint, "customer.hyper", CreateMode.CREATE_AND_REPLACE, {"lc_time": "en_US"}) as connection:
        connection.catalog.create_table(table)
        count = connection.execute_command(
            f"COPY {table.table_name} from {escape_string_literal('customers.csv')} with (format csv, NULL 'NULL', delimiter ',', header)")
        print("copied", count)
        print(connection.execute_list_query('SELECT "Customer Name", "Segment" FROM "Customer" ORDER BY "Points"'))
    shutil.copy("customer.hyper", "copy.hyper")
    with Connection(hyper.endpoint) as connection:
        connection.catalog.attach_database("customer.hyper", alias="one")
        connection.catalog.attach_database(Path("copy.hyper"), alias="two")
        connection.execute_command('DELETE FROM "two"."public"."Customer" WHERE "Points" < 600')
        print(connection.execute_list_query('SELECT (SELECT COUNT(*) FROM "one"."public"."Customer"), (SELECT COUNT(*) FROM "two"."public"."Customer")'))
        connection.catalog.create_database_if_not_exists("merged.hyper")
        connection.catalog.attach_database("merged.hyper", alias="out")
        connection.execute_command('CREATE TABLE "out"."public"."all" AS SELECT * FROM "one"."public"."Customer" UNION ALL SELECT * FROM "two"."public"."Customer"')
        connection.catalog.detach_all_databases()
    with Connection(hyper.endpoint, "merged.hyper") as connection:
        print(connection.execute_list_query('SELECT "Customer ID", COUNT(*) FROM "all" GROUP BY 1 ORDER BY 2 DESC, 1'))
        connection.execute_command("BEGIN TRANSACTION")
        connection.execute_command('DELETE FROM "all"')
        connection.execute_command("ROLLBACK")
        print(connection.execute_scalar_query('SELECT COUNT(*) FROM "all"'))
    for name in ("customer.hyper", "copy.hyper", "merged.hyper"):
        with Connection(hyper.endpoint) as connection:
            connection.catalog.drop_database(name)
    print(sorted(p.name for p in Path(".").glob("*.hyper")))
"""
CSV_AND_SEVERAL_FILES_OUTPUT = """copied 3
[[None, 'Corporate'], ['Dennis, Kane', 'Consumer'], ['Ed Braxton', '']]
[[3, 1]]
[['EB-13705', 2], ['DK-13375', 1], ['XX-1', 1]]
4
[]
"""


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("script, output", [(SEVERAL_TABLES, SEVERAL_TABLES_OUTPUT), (COMPUTED_AND_SPATIAL, COMPUTED_AND_SPATIAL_OUTPUT),
                                            (CSV_AND_SEVERAL_FILES, CSV_AND_SEVERAL_FILES_OUTPUT)],
                         ids=["several_tables", "computed_and_spatial", "csv_and_several_files"])
def test_script(tmp_path, python, script, output):
    done = subprocess.run([python, "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert (done.stdout, done.returncode) == (output, 0), done.stderr
