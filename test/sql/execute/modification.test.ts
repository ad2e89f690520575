/**
 * What the executor does beyond single answers: order of application, limits, interruption, what is left
 * behind, and what a commit is said to have changed.
 */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { WriteTransaction } from '../../../edge/engine/engine.ts';
import { EdgeError } from '../../../edge/errors.ts';
import { forEver } from '../../../edge/sql/catalog/system-session.ts';
import { executeModify } from '../../../edge/sql/execute/execute.ts';
import { applyInTurn, toEnd } from '../../../edge/sql/execute/modification.ts';
import { copyRow, ValuesRow } from '../../../edge/sql/execute/values-row.ts';
import { KIND, type SqlValue } from '../../../edge/types/storage.ts';
import { ModifyRig, sessionOf } from './modify-rig.ts';

function change(rows: readonly number[], apply: (row: number) => void): void {
  toEnd(applyInTurn(rows, true, { isOver: () => false }, apply));
}

describe('applyInTurn', () => {
  it('orders rows that need each other, whichever way they came', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([1, 2, 3, 4, 5, 6, 7, 8], { minLength: 8 }), (order) => {
        const done: number[] = [];
        change(order, (row) => {
          if (row > 1 && !done.includes(row - 1)) {
            throw new EdgeError('foreign_key_violation', `no ${row - 1}`);
          }
          done.push(row);
        });
        expect(done).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
      }),
    );
  });

  it('gives up where no row can go first', () => {
    const fail = (): void => {
      throw new EdgeError('foreign_key_violation', 'never');
    };
    expect(() => change([1, 2], fail)).toThrow('never');
  });

  it('retries nothing but foreign keys', () => {
    let calls = 0;
    const fail = (): void => {
      calls++;
      throw new EdgeError('unique_violation', 'taken');
    };
    expect(() => change([1, 2], fail)).toThrow('taken');
    expect(calls).toBe(1);
  });
});

describe('ValuesRow', () => {
  it('reads every kind of value as SQLite would give it', () => {
    const values: SqlValue[] = [null, 5n, 1.5, 'é', new Uint8Array([1, 2])];
    const row = new ValuesRow(values);
    expect(values.map((_value, index) => row.kind(index))).toEqual([
      KIND.null,
      KIND.integer,
      KIND.real,
      KIND.text,
      KIND.blob,
    ]);
    expect(copyRow(row)).toEqual(values);
    expect(row.integer(1)).toBe(5);
    expect(row.real(2)).toBe(1.5);
    expect([...row.bytes(3)]).toEqual([0xc3, 0xa9]);
  });
});

describe('executeModify', () => {
  let rig: ModifyRig;
  beforeAll(async () => {
    rig = await ModifyRig.open(`
      create table items (id int primary key, merchant_id text not null, n int);
      create table parts (id int primary key, merchant_id text not null, item int references items on delete cascade);
    `);
    await rig.run(
      'A',
      'insert into items values (1, default, 1), (2, default, 2), (3, default, 3)',
    );
    await rig.run('A', 'insert into parts values (1, default, 1)');
  });
  afterAll(() => rig.close());

  async function within<Result>(body: (transaction: WriteTransaction) => Result): Promise<Result> {
    const transaction = await rig.engine.beginWrite({
      merchant: 'A',
      lockTimeoutMs: 0,
      signal: null,
    });
    try {
      return body(transaction);
    } finally {
      if (!transaction.finished) transaction.rollback();
    }
  }

  function run(transaction: WriteTransaction, text: string, interrupt = forEver): bigint {
    return executeModify({
      plan: rig.plan('A', text),
      params: [],
      transaction,
      session: sessionOf('A'),
      interrupt,
      catalog: rig.store.current,
      onRow: null,
    }).rowCount;
  }

  it('leaves a savepoint that the caller can go back to when it fails half way', async () => {
    const left = await within((transaction) => {
      run(transaction, 'insert into items values (10, default, 0)');
      transaction.savepoint(1);
      expect(() =>
        run(transaction, 'insert into items values (11, default, 0), (1, default, 0)'),
      ).toThrow('duplicate key value');
      transaction.rollbackTo(1);
      transaction.release(1);
      const rows: SqlValue[][] = [];
      const statement = {
        sql: 'SELECT id FROM "items$guard" ORDER BY id',
        binds: [],
        authority: 'merchant' as const,
      };
      transaction.run(statement, sessionOf('A'), forEver, (row) => rows.push(copyRow(row)));
      return rows.flat();
    });
    expect(left).toEqual([1n, 2n, 3n, 10n]);
  });

  it('meets none of its own changes', async () => {
    const changed = await within((transaction) => {
      expect(run(transaction, 'update items set id = id + 100 where id > 1')).toBe(2n);
      return run(
        transaction,
        'insert into items select id + 1000, default_merchant, n from (select id, n, merchant_id as default_merchant from items) x',
      );
    });
    expect(changed).toBe(3n);
  });

  it('stops between rows when its time is over', async () => {
    await within((transaction) => {
      const past = { deadlineMs: 0, signal: null };
      expect(() => run(transaction, 'update items set n = 0', past)).toThrow(
        'canceling statement due to statement timeout',
      );
    });
  });

  it('names the tables that a commit changes, cascades included, and none when nothing changed', async () => {
    const touched = await within((transaction) => {
      const names: string[] = [];
      const { touch } = transaction;
      transaction.touch = (table, merchant): void => {
        names.push(`${table} ${merchant}`);
        touch.call(transaction, table, merchant);
      };
      run(transaction, 'delete from items where id = 99');
      expect(names).toEqual([]);
      run(transaction, 'delete from items where id = 1');
      return names;
    });
    expect(touched).toEqual(['items A', 'parts A']);
  });
});
