"""Insert, update and delete in a table of any columns, the same SQL for both engines."""
import engines

MAX_COPIED = 1000


def _count(file, name, where):
    return int(file.rows(f"select count(*) from {name} where {where}")[0][0])


def _columns(file, name):
    """The columns of a table that can be compared and shown as text."""
    found = []
    for column in file.column_names:
        try:
            file.rows(f"select cast({column} as text), min({column}) from {name} group by 1 limit 1")
            found.append(column)
        except engines.SqlError:
            pass
    return found


def _some_rows(file, name, columns, marks):
    """A condition that holds for some rows of the table, not for all if that can be had."""
    total = _count(file, name, "true")
    best = "true"
    for column in columns:
        for mark in marks:
            where = f"cast({column} as text) like '%{mark}%'"
            n = _count(file, name, where)
            if 0 < n < total:
                return where
            best = where if n else best
    return best


def change(file, schema, table, column_names, nullable):
    """Changes the table in three ways; the number of rows inserted, updated and deleted."""
    name = f"{file.prefix}{engines.quoted(schema)}.{engines.quoted(table)}"
    file.column_names = [engines.quoted(column) for column in column_names]
    columns = _columns(file, name)
    before = _count(file, name, "true")
    file.rows(f"insert into {name} select * from {name} limit {MAX_COPIED}")
    inserted = _count(file, name, "true") - before
    updated = deleted = 0
    if columns:
        where = _some_rows(file, name, columns, "1a0")
        updated = _count(file, name, where)
        target = next((c for c, n in zip(file.column_names, nullable) if n), None)
        file.rows(f"update {name} set {target or columns[0]} = {'null' if target else columns[0]} where {where}")
        where = _some_rows(file, name, columns, "2e7")
        deleted = _count(file, name, where)
        file.rows(f"delete from {name} where {where}")
        assert _count(file, name, "true") == before + inserted - deleted
    return inserted, updated, deleted
