// Sells through pgx, which prepares every statement and speaks binary. Arguments: port user password; prints JSON.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/jackc/pgtype"
	"github.com/jackc/pgx/v4"
)

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	background := context.Background()
	address := fmt.Sprintf("postgres://%s:%s@127.0.0.1:%s/pos?sslmode=require", os.Args[2], os.Args[3], os.Args[1])
	connection, err := pgx.Connect(background, address)
	must(err)
	defer connection.Close(background)

	transaction, err := connection.Begin(background)
	must(err)
	var sale int32
	var amount pgtype.Numeric
	must(amount.Set("3.75"))
	must(transaction.QueryRow(background,
		"INSERT INTO transactions (terminal_id, amount, payment_method, items) VALUES ($1, $2, $3, $4) RETURNING id",
		"pgx", amount, "cash", []map[string]string{{"sku": "g"}}).Scan(&sale))
	must(transaction.Commit(background))

	var read pgtype.Numeric
	var status string
	must(connection.QueryRow(background,
		"SELECT amount, status FROM transactions WHERE id = $1", sale).Scan(&read, &status))
	text, err := read.EncodeText(nil, nil)
	must(err)

	rows, err := connection.Query(background, "SELECT id, merchant_id, created_at FROM transactions ORDER BY id")
	must(err)
	merchants := map[string]bool{}
	for rows.Next() {
		var id int32
		var merchant string
		var created pgtype.Timestamp
		must(rows.Scan(&id, &merchant, &created))
		merchants[merchant] = true
	}
	must(rows.Err())
	names := []string{}
	for name := range merchants {
		names = append(names, name)
	}

	batch := &pgx.Batch{}
	batch.Queue("SELECT count(*) FROM transactions")
	batch.Queue("SELECT sum(amount)::text FROM transactions WHERE id = $1", sale)
	results := connection.SendBatch(background, batch)
	var count int64
	var sum string
	must(results.QueryRow().Scan(&count))
	must(results.QueryRow().Scan(&sum))
	must(results.Close())

	must(json.NewEncoder(os.Stdout).Encode(map[string]any{
		"sale": sale, "amount": string(text), "status": status, "merchants": names, "count": count, "sum": sum,
	}))
}
