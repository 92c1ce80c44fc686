/** What the texts at each place of a stream leave open for those that come after them. */

import type { Manifest } from './manifests.ts'
import type { PemState } from './pem.ts'
import type { Table } from './tables.ts'
import type { Wrap } from './tokens.ts'

/** What the text that came before at a place leaves open. */
export interface Place extends PemState {
  wrap: Wrap | undefined
  /** What ended with a name whose value stands in the next line. */
  open: string | undefined
  table: Table | undefined
  manifest: Manifest | undefined
}

export function isOpen(place: Place): boolean {
  return (
    place.inside ||
    place.wrap !== undefined ||
    place.open !== undefined ||
    place.table !== undefined ||
    place.manifest !== undefined
  )
}

/** By path: where in the lines of a stream something is open. */
export type Places = Map<string, Place>

const mostPlaces = 64

export function placeAt(places: Places, path: string): Place {
  const known = places.get(path)
  if (known !== undefined) return known
  if (places.size >= mostPlaces) places.delete(places.keys().next().value ?? '')
  return { ...nothingOpen }
}

/** The place where nothing was yet. */
export const nothingOpen: Readonly<Place> = {
  inside: false,
  lead: '',
  tail: '',
  width: 0,
  length: 0,
  wrap: undefined,
  open: undefined,
  table: undefined,
  manifest: undefined,
}
