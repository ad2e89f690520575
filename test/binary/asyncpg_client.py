"""Sells through asyncpg, which speaks binary in both directions. Arguments: port user password; prints JSON."""
import asyncio
import datetime
import decimal
import json
import ssl
import sys
import uuid

import asyncpg


async def main() -> None:
    port, user, password = int(sys.argv[1]), sys.argv[2], sys.argv[3]
    tls = ssl.create_default_context()
    tls.check_hostname = False
    tls.verify_mode = ssl.CERT_NONE
    connection = await asyncpg.connect(
        host="127.0.0.1", port=port, user=user, password=password, database="pos", ssl=tls
    )
    reference = f"asyncpg-{uuid.uuid4()}"
    async with connection.transaction():
        sale = await connection.fetchval(
            "INSERT INTO transactions (terminal_id, amount, payment_method, items) "
            "VALUES ($1, $2, $3, $4) RETURNING id",
            reference,
            decimal.Decimal("12.50"),
            "card",
            json.dumps([{"sku": "a"}]),
        )
    row = await connection.fetchrow(
        "SELECT id, amount, items, status, created_at, synced FROM transactions WHERE terminal_id = $1",
        reference,
    )
    assert row["id"] == sale
    assert row["amount"] == decimal.Decimal("12.50"), row["amount"]
    assert str(row["amount"]) == "12.50", row["amount"]
    assert isinstance(row["created_at"], datetime.datetime)
    statement = await connection.prepare("SELECT count(*), sum(amount) FROM transactions WHERE amount > $1")
    total = await statement.fetchrow(decimal.Decimal("0"))
    merchants = await connection.fetch("SELECT DISTINCT merchant_id FROM transactions")
    ids = await connection.fetch("SELECT id FROM transactions WHERE id = ANY($1::int[])", [sale, -1])
    async with connection.transaction():
        cursor = await connection.cursor("SELECT id FROM transactions ORDER BY id")
        first = await cursor.fetch(1)
    await connection.close()
    print(
        json.dumps(
            {
                "sale": sale,
                "count": total[0],
                "sum": str(total[1]),
                "merchants": [m["merchant_id"] for m in merchants],
                "ids": [r["id"] for r in ids],
                "first": len(first),
            }
        )
    )


asyncio.run(main())
