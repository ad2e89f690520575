"""Sells through asyncpg, which speaks binary in both directions. Arguments: port user password; prints JSON."""
import asyncio
import datetime
import decimal
import json
import ssl
import sys
import uuid

import asyncpg

INSERT = (
    "INSERT INTO transactions (terminal_id, amount, payment_method, items) "
    "VALUES ($1, $2, $3, $4) RETURNING id"
)


def sale(reference, amount):
    return reference, decimal.Decimal(amount), "card", json.dumps([{"sku": "a"}])


async def sell(connection, reference):
    """One sale in a transaction, read back with its true types."""
    async with connection.transaction():
        identity = await connection.fetchval(INSERT, *sale(reference, "12.50"))
    row = await connection.fetchrow(
        "SELECT id, amount, items, status, created_at, synced FROM transactions WHERE terminal_id = $1",
        reference,
    )
    assert row["id"] == identity
    assert row["amount"] == decimal.Decimal("12.50"), row["amount"]
    assert str(row["amount"]) == "12.50", row["amount"]
    assert isinstance(row["created_at"], datetime.datetime)
    return identity


async def use_arrays(connection, identity):
    """Array parameters make asyncpg look the types up with a recursive query over pg_catalog."""
    ids = await connection.fetch("SELECT id FROM transactions WHERE id = ANY($1::int[])", [identity, -1])
    echo = await connection.fetchrow(
        "SELECT $1::text[], $2::numeric[], $3::uuid[], $4::bool[], $5::timestamptz[]",
        ["a", None, "c,d"],
        [decimal.Decimal("1.50")],
        [uuid.UUID(int=7)],
        [True, False],
        [datetime.datetime(2024, 2, 29, tzinfo=datetime.timezone.utc)],
    )
    assert echo[0] == ["a", None, "c,d"], echo
    assert str(echo[1][0]) == "1.50", echo
    assert echo[2] == [uuid.UUID(int=7)], echo
    assert echo[3] == [True, False], echo
    assert echo[4][0].year == 2024, echo
    return [row["id"] for row in ids]


async def use_transactions(connection, reference):
    """executemany, nested transactions, a rolled back one, cursors."""
    await connection.executemany(INSERT, [sale(f"{reference}-many", f"{n}.25") for n in range(20)])
    many = await connection.fetchval(
        "SELECT count(*) FROM transactions WHERE terminal_id = $1", f"{reference}-many"
    )
    assert many == 20, many
    try:
        async with connection.transaction():
            await connection.execute("DELETE FROM transactions WHERE terminal_id = $1", f"{reference}-many")
            async with connection.transaction():
                await connection.execute(INSERT, *sale(f"{reference}-inner", "1.00"))
            raise RuntimeError("roll back")
    except RuntimeError:
        pass
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        kept = [
            row["amount"]
            async for row in connection.cursor(
                "SELECT amount FROM transactions WHERE terminal_id = $1 ORDER BY id",
                f"{reference}-many",
                prefetch=7,
            )
        ]
    assert kept == [decimal.Decimal(f"{n}.25") for n in range(20)], kept
    async with connection.transaction():
        cursor = await connection.cursor("SELECT id FROM transactions ORDER BY id")
        first = await cursor.fetch(1)
        await cursor.forward(3)
    return len(first)


async def meet_refusals(connection):
    """What the box has not is refused by name, and the connection lives on."""
    refused = {}
    attempts = {
        "copy in": lambda: connection.copy_records_to_table("products", records=[("x", "m", "X", 1, 1)]),
        "copy out": lambda: connection.copy_from_query("SELECT 1", output=asyncpg_sink),
        "listen": lambda: connection.add_listener("channel", lambda *_: None),
    }
    for name, attempt in attempts.items():
        try:
            await attempt()
            refused[name] = None
        except asyncpg.PostgresError as error:
            refused[name] = error.sqlstate
        assert await connection.fetchval("SELECT 1") == 1
    try:
        await connection.execute("SELECT * FROM nowhere")
    except asyncpg.UndefinedTableError:
        pass
    return refused


async def asyncpg_sink(_data):
    """Takes what COPY would give."""


async def use_pool(arguments):
    """A pool resets each connection that comes back: settings are gone, the connection is the same."""
    async with asyncpg.create_pool(min_size=1, max_size=3, **arguments) as pool:
        async with pool.acquire() as connection:
            await connection.execute("SET application_name = 'changed'")
        async with pool.acquire() as connection:
            name = await connection.fetchval("SELECT current_setting('application_name')")
            assert name != "changed", name
        totals = await asyncio.gather(
            *(pool.fetchval("SELECT count(*) FROM transactions WHERE amount > $1", n) for n in range(12))
        )
    return len(totals)


async def main() -> None:
    port, user, password = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    tls = ssl.create_default_context()
    tls.check_hostname = False
    tls.verify_mode = ssl.CERT_NONE
    arguments = dict(host="127.0.0.1", port=port, user=user, password=password, database="pos", ssl=tls)
    connection = await asyncpg.connect(**arguments)
    reference = f"asyncpg-{uuid.uuid4()}"
    identity = await sell(connection, reference)
    statement = await connection.prepare("SELECT count(*), sum(amount) FROM transactions WHERE amount > $1")
    total = await statement.fetchrow(decimal.Decimal("0"))
    merchants = await connection.fetch("SELECT DISTINCT merchant_id FROM transactions")
    ids = await use_arrays(connection, identity)
    first = await use_transactions(connection, reference)
    refused = await meet_refusals(connection)
    await connection.reset()
    await connection.close()
    pooled = await use_pool(arguments)
    print(
        json.dumps(
            {
                "sale": identity,
                "count": total[0],
                "sum": str(total[1]),
                "merchants": [m["merchant_id"] for m in merchants],
                "ids": ids,
                "first": first,
                "refused": refused,
                "pooled": pooled,
            }
        )
    )


asyncio.run(main())
