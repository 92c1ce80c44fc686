/** Names that may say something of their value. */

/** A name without any of these announces nothing. */
const telling = [
  ...[
    'pass',
    'pw',
    'psk',
    'key',
    'token',
    'secret',
    'cred',
    'auth',
    'cookie',
    'bearer',
    'jwt',
    'pat',
  ],
  ...['salt', 'pepper', 'securestring', 'mnemonic', 'phrase', 'words', 'seed'],
  ...[
    'pin',
    'backup',
    'recovery',
    'rescue',
    'scratch',
    'emergency',
    'one_time',
    'onetime',
    '2fa',
    'mfa',
    'totp',
  ],
  // Of other languages; those with letters of their own are not compared.
  ...[
    'contrase',
    'senha',
    'wort',
    'wachtwoord',
    'losenord',
    'salasana',
    'haslo',
    'heslo',
    'jelszo',
  ],
]
const beyondAscii = /[^\0-\x7f]/

/** Whether a name can announce anything; cheap, where the expressions cost something to be made. */
export function isTelling(name: string): boolean {
  // A path is the one frequent word that holds one of them.
  const lower = name.toLowerCase().replaceAll('path', '')
  return telling.some((word) => lower.includes(word)) || beyondAscii.test(lower)
}
