"""The catalog: schemas, tables and databases."""
from pathlib import PurePath
from typing import TYPE_CHECKING, List, Optional, Tuple, Union

from .databasename import DatabaseName
from .name import Name
from .schemaname import SchemaName
from .sqltype import SqlType
from .tabledefinition import Nullability, Persistence, TableDefinition
from .tablename import TableName

if TYPE_CHECKING:
    from .connection import Connection

__all__ = ["Catalog"]


def _text(name: Union[DatabaseName, SchemaName, None]) -> Optional[str]:
    return None if name is None else name.name.unescaped


def _table_parts(name: TableName) -> Tuple[Optional[str], Optional[str], str]:
    """Database, schema and table as texts."""
    return _text(name.database_name), _text(name.schema_name), name.name.unescaped


class Catalog:
    """What databases hold, of a connection: ``Connection.catalog``. A str names one thing, without dots or quotes
    having a meaning."""

    def __init__(self, connection: "Connection") -> None:
        self.__connection = connection

    @property
    def connection(self) -> "Connection":
        """The connection."""
        return self.__connection

    # ---- Tables ----

    def has_table(self, name: Union[TableName, Name, str]) -> bool:
        """Whether there is a table of this name."""
        return self.__connection._session.has_table(*_table_parts(TableName(name)))

    def get_table_definition(self, name: Union[TableName, Name, str]) -> TableDefinition:
        """What a table looks like."""
        database, schema, table, is_temporary, columns = self.__connection._session.describe(
            *_table_parts(TableName(name)))
        definition = TableDefinition(TableName(database, schema, table) if database else TableName(schema, table))
        if is_temporary:
            definition.persistence = Persistence.TEMPORARY
        for column, oid, modifier, nullable, collation in columns:
            definition.add_column(column, SqlType._of_engine(oid, modifier),
                                  Nullability.NULLABLE if nullable else Nullability.NOT_NULLABLE, collation or None)
        return definition

    def create_table(self, table_definition: TableDefinition) -> None:
        """Creates a table, which must not exist."""
        self.__run(table_definition._create_sql(False))

    def create_table_if_not_exists(self, table_definition: TableDefinition) -> None:
        """Creates a table, if there is none of that name, whatever it looks like."""
        self.__run(table_definition._create_sql(True))

    def get_table_names(self, schema: Union[SchemaName, Name, str]) -> List[TableName]:
        """The tables of a schema, in no order."""
        schema = SchemaName(schema)
        names = self.__connection._session.tables(_text(schema.database_name), schema.name.unescaped)
        return [TableName(schema, name) for name in names]

    # ---- Schemas ----

    def get_schema_names(self, database: Union[DatabaseName, Name, str, None] = None) -> List[SchemaName]:
        """The schemas of a database."""
        if database is None:
            return [SchemaName(name) for name in self.__connection._session.schemas(None)]
        database = DatabaseName(database)
        return [SchemaName(database, name)
                for name in self.__connection._session.schemas(database.name.unescaped)]

    def create_schema(self, schema: Union[SchemaName, Name, str]) -> None:
        """Creates a schema, which must not exist."""
        self.__run(f"CREATE SCHEMA {SchemaName(schema)}")

    def create_schema_if_not_exists(self, schema: Union[SchemaName, Name, str]) -> None:
        """Creates a schema, if it does not exist."""
        self.__run(f"CREATE SCHEMA IF NOT EXISTS {SchemaName(schema)}")

    # ---- Databases ----

    def create_database(self, database_path: Union[str, PurePath]) -> None:
        """Creates a database file, which must not exist. It is not attached."""
        self.__run(f"CREATE DATABASE {self.__file(database_path)}")

    def create_database_if_not_exists(self, database_path: Union[str, PurePath]) -> None:
        """Creates a database file, if it does not exist."""
        self.__run(f"CREATE DATABASE IF NOT EXISTS {self.__file(database_path)}")

    def drop_database(self, database_path: Union[str, PurePath]) -> None:
        """Deletes a database file, which must exist and not be in use."""
        self.__run(f"DROP DATABASE {self.__file(database_path)}")

    def drop_database_if_exists(self, database_path: Union[str, PurePath]) -> None:
        """Deletes a database file, if it exists."""
        self.__run(f"DROP DATABASE IF EXISTS {self.__file(database_path)}")

    def attach_database(self, database_path: Union[str, PurePath],
                        alias: Union[str, Name, DatabaseName, None] = None) -> None:
        """Makes a database file part of the connection.

        :param alias: its name there; by default that of the file without the ending.
        """
        if alias is None:
            alias = PurePath(database_path).stem
        self.__run(f"ATTACH DATABASE {self.__file(database_path)} AS {DatabaseName(alias)}")

    def detach_database(self, alias: Union[str, Name, DatabaseName]) -> None:
        """Takes a database out of the connection; what it holds is in its file."""
        self.__run(f"DETACH DATABASE {DatabaseName(alias)}")

    def detach_all_databases(self) -> None:
        """Takes all databases out of the connection."""
        self.__run("DETACH DATABASE *")

    def __file(self, path: Union[str, PurePath]) -> Name:
        return Name(self.__connection._path(path))

    def __run(self, command: str) -> None:
        self.__connection.execute_command(command)
