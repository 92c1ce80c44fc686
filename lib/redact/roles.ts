/** What a member of a record is to the others: its name, its value, what says that the value is secret. */

type Word = 'name' | 'value' | 'content' | 'secrecy' | 'type' | 'part'
/** Or a password, called so in another language than English. */
export type Role = Word | 'foreign'

// Words take no time to be made, and patterns do.
const words: Readonly<Record<Word, string>> = {
  name:
    'name key id label title slug k field setting variable attribute property option param header var env envvar ' +
    'fieldname settingname variablename secretname attributename propertyname optionname paramname ' +
    'parametername headername varname envname fieldkey settingkey variablekey secretkey attributekey propertykey ' +
    'optionkey paramkey parameterkey headerkey varkey envkey',
  value: 'value val v fieldvalue itemvalue stringvalue parametervalue defaultvalue currentvalue',
  // Where a text or a sample may stand as well.
  content: 'content contents text data default current plaintext',
  // When it is true.
  secrecy: 'secret sensitive secure masked concealed encrypted issecret issensitive isencrypted',
  type: 'type',
  // Of something that is known by its other members.
  part: 'key1 key2 primarykey secondarykey d p q dp dq qi access refresh result',
}

const roles = new Map<string, Word>()
for (const role of Object.keys(words) as Word[]) {
  for (const word of words[role].split(' ')) roles.set(word, role)
}

/** The role of a member with that key; undefined for most. */
export function roleOf(key: string): Word | undefined {
  return key.length > 20 ? undefined : roles.get(plainWord(key))
}

/** A word as it is compared: without case and `_`. */
export function plainWord(word: string): string {
  return word.toLowerCase().replaceAll('_', '')
}
