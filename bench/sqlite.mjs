/** The reference for writes: better-sqlite3, in this process, with a write-ahead log. */

import { createRequire } from 'node:module'
import { firstLine } from './natives.mjs'

/** Loads it: `{ open }`, or `{ missing }` with the reason. */
export function loadSqlite() {
  try {
    const Database = createRequire(import.meta.url)('better-sqlite3')
    new Database(':memory:').close()
    return {
      open(path, synchronous) {
        const database = new Database(path)
        database.pragma('journal_mode = WAL')
        database.pragma(`synchronous = ${synchronous}`)
        return database
      },
    }
  } catch (error) {
    return { missing: `better-sqlite3: ${firstLine(error)}` }
  }
}

/** A table of sessions, one row of 900 bytes each; `insert(n)` is one transaction. */
export function openSessionTable(sqlite, path) {
  const database = sqlite.open(path, 'FULL')
  database.exec(
    'CREATE TABLE sessions (id TEXT PRIMARY KEY, created_at TEXT, tool TEXT, branch TEXT, state TEXT)',
  )
  const statement = database.prepare('INSERT INTO sessions VALUES (?, ?, ?, ?, ?)')
  const state = 'x'.repeat(840)
  return {
    insert: (n) => {
      const id = `01KT0000000000000${String(n).padStart(9, '0')}`
      statement.run(id, '2026-06-01T12:00:00.000Z', 'command', 'main', state)
    },
    close: () => database.close(),
  }
}

/** A table of entries; `insert(seq, text)` is one transaction that waits for no disk. */
export function openEntryTable(sqlite, path) {
  const database = sqlite.open(path, 'NORMAL')
  database.exec(
    'CREATE TABLE entries (seq INTEGER PRIMARY KEY, ts TEXT, turn INTEGER, type TEXT, text TEXT, data TEXT)',
  )
  const statement = database.prepare('INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?)')
  return {
    insert: (seq, text) => {
      statement.run(seq, '2026-06-01T12:00:00.000Z', 1, 'output', text, '{"stream":"stdout"}')
    },
    close: () => database.close(),
  }
}
