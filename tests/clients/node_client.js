// Node's pg: parameters, types, transactions, errors. Prints "ok" when all is as it should be.
const assert = require('assert');
const { Client } = require('pg');

async function main() {
  const [host, port, database] = process.argv.slice(2);
  const client = new Client({ host, port: Number(port), database, user: 'tableau_internal_user' });
  await client.connect();
  let r = await client.query('SELECT id, name, price FROM items ORDER BY id');
  assert.deepStrictEqual(r.rows, [{ id: 1, name: 'one', price: '1.50' }, { id: 2, name: null, price: null }, { id: 3, name: 'drei', price: '-0.25' }]);
  r = await client.query({ text: 'SELECT $1::int + 1 AS a, $2::text AS b', values: [41, 'grün'], rowMode: 'array' });
  assert.deepStrictEqual(r.rows, [[42, 'grün']]);
  for (let i = 0; i < 3; i++) {
    r = await client.query({ name: 'by id', text: 'SELECT name FROM items WHERE id = $1', values: [3] });
    assert.strictEqual(r.rows[0].name, 'drei');
  }
  await client.query('BEGIN');
  assert.strictEqual((await client.query('INSERT INTO items VALUES ($1, $2, $3, NULL)', [9, 'neun', 9.75])).rowCount, 1);
  await client.query('ROLLBACK');
  assert.strictEqual((await client.query('SELECT count(*) FROM items')).rows[0].count, '3');
  await assert.rejects(client.query('SELECT nope FROM items'), (e) => e.code === '42703' && e.position === '8');
  const all = await Promise.all([...Array(50).keys()].map((i) => client.query('SELECT $1::int AS i', [i])));
  assert.deepStrictEqual(all.map((x) => x.rows[0].i), [...Array(50).keys()]);
  await client.end();
  console.log('ok');
}

main().catch((e) => { console.error(e); process.exit(1); });
