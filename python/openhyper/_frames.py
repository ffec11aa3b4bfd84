"""Tables of other libraries: results to pyarrow, pandas, polars and numpy, and columns of pandas as the engine takes them.

None of the libraries is needed to import the package.
"""
import importlib
from decimal import Decimal
from typing import Any, Dict, List, Optional, Tuple

from . import _engine
from .date import Date
from .interval import Interval
from .timestamp import Timestamp

# A column for the engine: (memory of numpy, Arrow format) or (Arrow schema, Arrow array).
Feed = Tuple[object, object]

_FORMATS = {"i1": "c", "u1": "C", "i2": "s", "u2": "S", "i4": "i", "u4": "I", "i8": "l", "u8": "L", "f2": "e", "f4": "f",
            "f8": "g"}
_SQL_TYPES = {"i1": "smallint", "u1": "smallint", "i2": "smallint", "u2": "integer", "i4": "integer", "u4": "bigint",
              "i8": "bigint", "u8": "bigint", "f2": "double precision", "f4": "double precision",
              "f8": "double precision"}
_INFERRED = {"string": "text", "empty": "text", "bytes": "bytea", "boolean": "boolean", "integer": "bigint",
             "floating": "double precision", "mixed-integer-float": "double precision", "date": "date",
             "time": "time"}


def needed(name: str, purpose: str) -> Any:
    """A library that is needed for something."""
    try:
        return importlib.import_module(name)
    except ImportError as reason:
        raise ImportError(f"{purpose} needs {name}: pip install {name}") from reason


def arrow_table(data: object) -> Any:
    """What offers Arrow, as a pyarrow.Table."""
    return needed("pyarrow", "to_arrow").RecordBatchReader.from_stream(data).read_all()


def pandas_frame(data: object, dtype_backend: Optional[str]) -> Any:
    """What offers Arrow, as a pandas.DataFrame."""
    pandas = needed("pandas", "to_pandas")
    table = arrow_table(data)
    if dtype_backend is None:
        return table.to_pandas()
    if dtype_backend == "pyarrow":
        return table.to_pandas(types_mapper=pandas.ArrowDtype)
    if dtype_backend == "numpy_nullable":
        return table.to_pandas(types_mapper=_nullable_types(pandas).get)
    raise ValueError(f"'dtype_backend' is None, 'numpy_nullable' or 'pyarrow', not {dtype_backend!r}")


def _nullable_types(pandas: Any) -> Dict[Any, Any]:
    arrow = needed("pyarrow", "to_pandas")
    return {arrow.bool_(): pandas.BooleanDtype(), arrow.int16(): pandas.Int16Dtype(),
            arrow.int32(): pandas.Int32Dtype(), arrow.int64(): pandas.Int64Dtype(),
            arrow.uint32(): pandas.UInt32Dtype(), arrow.float32(): pandas.Float32Dtype(),
            arrow.float64(): pandas.Float64Dtype(), arrow.string(): pandas.StringDtype()}


def polars_frame(data: object) -> Any:
    """What offers Arrow, as a polars.DataFrame."""
    return needed("polars", "to_polars").DataFrame(data)


def numpy_columns(data: object) -> Dict[str, Any]:
    """What offers Arrow, as arrays of numpy by name."""
    numpy = needed("numpy", "fetch_numpy")
    table = arrow_table(data)
    columns = {}
    for name, column in zip(table.column_names, table.columns):
        values = column.to_numpy()
        if column.null_count:
            values = numpy.ma.MaskedArray(values, mask=column.is_null().to_numpy())
        columns[name] = values
    return columns


def pandas_columns(frame: Any) -> Tuple[List[Tuple[str, str]], List[Feed], Tuple[object, ...]]:
    """The columns of a frame: (names with SQL types, what to hand to the engine, what stands for NULL)."""
    pandas = needed("pandas", "from_pandas")
    names: List[Tuple[str, str]] = []
    feeds: List[Feed] = []
    for position, label in enumerate(frame.columns):
        series = frame.iloc[:, position]
        try:
            sql_type, feed = _pandas_column(pandas, series)
        except ValueError as reason:
            raise ValueError(f"column {label!r}: {reason}") from None
        names.append((str(label), sql_type))
        feeds.append(feed)
    return names, feeds, (pandas.NA, pandas.NaT)


def _pandas_column(pandas: Any, series: Any) -> Tuple[str, Feed]:
    numpy = needed("numpy", "from_pandas")
    dtype = series.dtype
    zone = ""
    if isinstance(dtype, pandas.DatetimeTZDtype):
        series = series.dt.tz_convert("UTC").dt.tz_localize(None)
        dtype = series.dtype
        zone = "UTC"
    if not isinstance(dtype, numpy.dtype):
        return _arrow_column(pandas, series)
    if dtype == object:
        return _object_column(pandas, series)
    array = numpy.ascontiguousarray(series.to_numpy(), dtype=dtype.newbyteorder("="))
    if dtype.kind == "b":
        return "boolean", (array.view("u1"), "C")
    if dtype.kind in "Mm":
        unit = numpy.datetime_data(dtype)[0]
        if unit not in ("s", "ms", "us", "ns"):
            array, unit = array.astype(f"{dtype.kind}8[s]"), "s"
        if dtype.kind == "m":
            return "interval", (array.view("i8"), f"tD{unit[0]}")
        return "timestamptz" if zone else "timestamp", (array.view("i8"), f"ts{unit[0]}:{zone}")
    code = f"{dtype.kind}{dtype.itemsize}"
    if code not in _FORMATS:
        raise ValueError(f"values of {dtype} cannot be stored")
    return _SQL_TYPES[code], (array, _FORMATS[code])


def _arrow_column(pandas: Any, series: Any) -> Tuple[str, Feed]:
    """Types of pandas' own: it knows how to give them as Arrow."""
    try:
        arrow = importlib.import_module("pyarrow")
    except ImportError:
        return _object_column(pandas, series.astype(object))
    array = arrow.array(series, from_pandas=True)
    if isinstance(array, arrow.ChunkedArray):
        array = array.chunk(0) if array.num_chunks == 1 else array.combine_chunks()
    if isinstance(array, arrow.ChunkedArray):
        array = arrow.concat_arrays(array.chunks) if array.num_chunks else arrow.array([], array.type)
    _, sql_type, _ = _engine.arrow_schema(arrow.record_batch([array], names=["values"]))[0]
    return sql_type, array.__arrow_c_array__()


def _object_column(pandas: Any, series: Any) -> Tuple[str, Feed]:
    numpy = needed("numpy", "from_pandas")
    array = numpy.ascontiguousarray(series.to_numpy(dtype=object))
    kind = pandas.api.types.infer_dtype(array, skipna=True)
    if kind in _INFERRED:
        return _INFERRED[kind], (array, "O")
    values = array[~series.isna().to_numpy()]
    kind = pandas.api.types.infer_dtype(values, skipna=True)
    return _INFERRED.get(kind) or _type_of_objects(kind, values), (array, "O")


def _type_of_objects(kind: str, values: Any) -> str:
    if kind == "decimal":
        return _numeric_type(values)
    if kind in ("datetime", "datetime64"):
        return "timestamp" if values[0].tzinfo is None else "timestamptz"
    for python_type, sql_type in ((Timestamp, "timestamp"), (Date, "date"), (Interval, "interval")):
        if len(values) and isinstance(values[0], python_type):
            return sql_type
    raise ValueError(f"its objects are of no single type that can be stored ({kind})")


def _numeric_type(values: Any) -> str:
    whole = scale = 0
    for value in values:
        if isinstance(value, Decimal) and value.is_finite():
            _, digits, exponent = value.as_tuple()
            places = -int(exponent) if int(exponent) < 0 else 0
            scale = max(scale, places)
            whole = max(whole, len(digits) + int(exponent))
    if whole + scale > 38:
        raise ValueError(f"its numbers need {whole + scale} digits, and 38 is the most")
    precision = max(whole + scale, 1)
    return f"numeric({18 if precision <= 18 else 38},{scale})"
