import java.math.BigDecimal;
import java.sql.*;
import java.util.*;

/** pgjdbc: metadata, parameters, batches, portions of rows, COPY. Prints "ok" when all is as it should be. */
class Jdbc {
    static void check(Object want, Object got) {
        if (!Objects.equals(want, got))
            throw new AssertionError("expected " + want + ", got " + got);
    }

    public static void main(String[] args) throws Exception {
        for (String mode : new String[] {"extended", "simple"})
            try (Connection c = DriverManager.getConnection(args[0] + "?user=tableau_internal_user&preferQueryMode=" + mode)) {
                metadata(c);
                keys(c);
                parameters(c, mode);
                transactions(c);
            }
        System.out.println("ok");
    }

    static void metadata(Connection c) throws SQLException {
        List<String> names = new ArrayList<>();
        try (ResultSet r = c.getMetaData().getTables(null, "public", "%", new String[] {"TABLE"})) {
            while (r.next())
                names.add(r.getString("TABLE_NAME"));
        }
        check(List.of("items"), names);
        names.clear();
        try (ResultSet r = c.getMetaData().getColumns(null, "public", "items", "%")) {
            while (r.next())
                names.add(r.getString("COLUMN_NAME") + " " + r.getString("TYPE_NAME") + " " + r.getInt("NULLABLE"));
        }
        check(List.of("id int4 0", "name text 1", "price numeric 1", "day date 1"), names);
    }

    static String texts(ResultSet r, String... columns) throws SQLException {
        StringJoiner rows = new StringJoiner("; ");
        while (r.next()) {
            StringJoiner row = new StringJoiner(" ");
            for (String column : columns)
                row.add(r.getString(column));
            rows.add(row.toString());
        }
        r.close();
        return rows.toString();
    }

    static void keys(Connection c) throws SQLException {
        DatabaseMetaData m = c.getMetaData();
        try (Statement s = c.createStatement()) {
            s.execute("CREATE TABLE places(country text, city text, ASSUMED PRIMARY KEY (city, country))");
            s.execute("CREATE TABLE visits(at date, city text, country text, ASSUMED UNIQUE (city, at), "
                + "ASSUMED FOREIGN KEY (city, country) REFERENCES places(city, country))");
        }
        check("city 1; country 2", texts(m.getPrimaryKeys(null, "public", "places"), "COLUMN_NAME", "KEY_SEQ"));
        check("f city 1; f at 2", texts(m.getIndexInfo(null, "public", "visits", true, false), "NON_UNIQUE", "COLUMN_NAME", "ORDINAL_POSITION"));
        check("places city city 1; places country country 2",
            texts(m.getImportedKeys(null, "public", "visits"), "PKTABLE_NAME", "PKCOLUMN_NAME", "FKCOLUMN_NAME", "KEY_SEQ"));
        check("country; city", texts(m.getBestRowIdentifier(null, "public", "places", 0, true), "COLUMN_NAME"));
        check(true, texts(m.getTypeInfo(), "TYPE_NAME").contains("numeric"));
        try (Statement s = c.createStatement()) {
            s.execute("DROP TABLE visits");
            s.execute("DROP TABLE places");
        }
    }

    static void parameters(Connection c, String mode) throws SQLException {
        try (PreparedStatement p = c.prepareStatement("SELECT name, price, day FROM items WHERE id = ?")) {
            for (int i = 0; i < 12; i++) { // after five uses results are binary
                p.setInt(1, 1);
                try (ResultSet r = p.executeQuery()) {
                    check(true, r.next());
                    check("one", r.getString(1));
                    check(new BigDecimal("1.50"), r.getBigDecimal(2));
                    check(java.sql.Date.valueOf("2020-02-29"), r.getDate(3));
                    check(false, r.next());
                }
            }
        }
        c.setAutoCommit(false);
        try (PreparedStatement p = c.prepareStatement("SELECT i FROM generate_series(1, 1000) g(i)")) {
            p.setFetchSize(70);
            int n = 0;
            try (ResultSet r = p.executeQuery()) {
                while (r.next())
                    check(++n, r.getInt(1));
            }
            check(1000, n);
        }
        try (PreparedStatement p = c.prepareStatement("INSERT INTO items VALUES (?, ?, ?, ?)")) {
            for (int i = 100; i < 150; i++) {
                p.setInt(1, i);
                p.setString(2, "n" + i);
                p.setBigDecimal(3, new BigDecimal(i).movePointLeft(2));
                p.setNull(4, Types.DATE);
                p.addBatch();
            }
            check(50, p.executeBatch().length);
        }
        try (Statement s = c.createStatement(); ResultSet r = s.executeQuery("SELECT count(*), max(price) FROM items")) {
            r.next();
            check(53L, r.getLong(1));
            check(new BigDecimal("1.50"), r.getBigDecimal(2));
        }
        c.rollback();
        c.setAutoCommit(true);
    }

    static void transactions(Connection c) throws SQLException {
        try (Statement s = c.createStatement()) {
            s.executeQuery("SELECT nope FROM items");
            throw new AssertionError("no error");
        } catch (SQLException e) {
            check("42703", e.getSQLState());
        }
        try (Statement s = c.createStatement(); ResultSet r = s.executeQuery("SELECT count(*) FROM items")) {
            r.next();
            check(3, r.getInt(1));
        }
    }
}
