"""Sells through psycopg2: text parameters spelled by the client, named cursors. Arguments: port user password; prints JSON."""
import decimal
import json
import sys

import psycopg2
import psycopg2.errors
import psycopg2.extras

ROWS = 30


def main() -> None:
    port, user, password = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    connection = psycopg2.connect(
        host="127.0.0.1", port=port, user=user, password=password, dbname="pos", sslmode="require"
    )
    cursor = connection.cursor()
    psycopg2.extras.execute_values(
        cursor,
        "INSERT INTO transactions (terminal_id, amount, payment_method, items) VALUES %s",
        [("psycopg2", decimal.Decimal(n) / 4, "cash", psycopg2.extras.Json([{"n": n}])) for n in range(ROWS)],
    )
    connection.commit()
    named = connection.cursor("many")
    named.itersize = 7
    named.execute(
        "SELECT amount, items, synced FROM transactions WHERE terminal_id = %s ORDER BY id", ("psycopg2",)
    )
    rows = list(named)
    named.close()
    assert [row[0] for row in rows] == [decimal.Decimal(n) / 4 for n in range(ROWS)], rows
    assert rows[3][1] == [{"n": 3}] and rows[3][2] is False, rows[3]
    scrolling = connection.cursor("scrolling", scrollable=True)
    scrolling.execute("SELECT amount FROM transactions WHERE terminal_id = 'psycopg2' ORDER BY id")
    scrolling.fetchmany(2)
    scrolling.scroll(3)
    assert scrolling.fetchone() == (decimal.Decimal("1.25"),)
    scrolling.scroll(-2)
    assert scrolling.fetchone() == (decimal.Decimal("1.00"),)
    scrolling.close()
    held = connection.cursor("held", withhold=True)
    held.execute("SELECT 1 FROM transactions")
    connection.commit()
    assert held.fetchone() == (1,)
    held.close()
    cursor.execute("SELECT DISTINCT merchant_id FROM transactions WHERE id = ANY(%s) OR id > %s", ([1, 2], 0))
    merchants = [row[0] for row in cursor.fetchall()]
    cursor.execute("SELECT %s::int[], %s, %s::bytea", ([1, None], "é", psycopg2.Binary(b"\x00\xff")))
    array, text, data = cursor.fetchone()
    assert (array, text, bytes(data)) == ([1, None], "é", b"\x00\xff")
    connection.rollback()
    try:
        cursor.copy_expert("COPY products TO STDOUT", sys.stdout)
        refused = None
    except psycopg2.errors.FeatureNotSupported as error:
        refused = error.pgcode
    connection.rollback()
    connection.reset()
    connection.close()
    print(json.dumps({"merchants": merchants, "refused": refused, "rows": len(rows)}))


main()
