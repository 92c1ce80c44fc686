/** Nothing that is written can hold up the writer: time grows with length and no faster. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRedactor } from '../../lib/redact/redact.ts'
import { rules } from '../../lib/redact/rules.ts'

const mebi = 0x100000
/**
 * How long a MiB may take before it is given up: so many times as long as a plain expression takes on
 * a MiB of prose. Where that takes 14.7 ms, it is 2 s; a figure in ms would say more of the machine.
 */
const longest = 136
const prose = 'lorem ipsum_dolor (sit) amet, '
/** Found nowhere in it, and tried at each of its letters. */
const plain = /[a-z_]{2,64}=/
/** For twice the length: what is linear takes twice as much, and what is quadratic four times. */
const steepest = 2.5
/** In ms: below this for 1 MiB, what is left to compare is noise. */
const comparable = 60
const rounds = 10
/** In ms, for a quarter of a MiB: fast enough even if all of it were quadratic. */
const harmless = 16

/** The longest of each rule: the others differ in a letter or two. */
const anchors = rules.map(
  ({ anchors }) => [...anchors].sort((a, b) => b.length - a.length)[0] ?? '',
)
const base64 = Buffer.from('the quick brown fox, and so on. ').toString('base64')
const keyHead = `-----BEGIN ${'PRIVATE'} KEY-----`
const long = 'x'.repeat(30)

const units: readonly string[] = [
  ...anchors,
  // Runs of one character, and of two.
  ...['a', 'A', '0', '-', '_', '.', '/', ':', '=', ',', '(', '>', '+', '@', '&', '?', ';', ' '],
  ...['\n', '\t', '\r\n', '"', "'", '`', '\\', '\\"', "\\'", '\\\\"', '""', "''", '$', '%', '#'],
  ...['{', '}', '[', ']', '{"', '{"a":', '[[[[', '[{"a":', '{"a":"', '["', '"a",', '{}', '[],'],
  ...['["a"]=>\n'],
  ...['\u0000', '\u00e9', '\u{1f511}', '\ud800', '\u2028', 'a ', 'a\n', 'ab.', 'a-', 'a_', 'aA0'],
  // Tokens.
  ...['eyJ', 'eyJ.eyJ.', 'eyJhbGciOiJub25lIn0.', `eyJ${long}.`, 'sk-', 'xoxb-1-', 'sk-ant-', 'SK'],
  ...['ghp_'.repeat(10), `${'ghp'}_${long} `, `1//0${long}`, ':AA', '1:AA', '123456789:AA'],
  ...['.atlasv1.', 'hooks.slack.com/services/', 'AAAA', 'EAAA'],
  ...['Bearer ', 'bearer a', `Bearer ${long} `, `${'a'.repeat(19)}.`, `${'a'.repeat(20)}.`],
  // Names and operators.
  ...['password=', 'password="', "password='", 'password:', 'password: ', 'password=$', 'password'],
  ...['password=a', 'password=a ', 'password=ab1cd2 ', 'password="a"', "'password' => '", 'pwd='],
  ...['token', 'token:', 'token: ', 'token=', 'token:token:', 'token=a.', 'token,"', 'token("'],
  ...[
    '"token","',
    '"token"',
    "'token','",
    'token ',
    'token = ',
    'token: str = ',
    '<token>',
    'key=',
  ],
  ...['secret=\\"', 'secret\\":\\"', 'api_key=a ', 'API key: ', 'key', 'a=', 'a:', 'a="', 'key:='],
  ...['passwordpassword', '_token', '-token', 'x_token=', 'xKey=', '&key=', '?sig=', '?code=a&'],
  ...[
    'TOKEN=',
    'TOKEN=a ',
    'TOKEN=ab1cd2x9 ',
    'export TOKEN=ab1cd2x9 ',
    'X_KEY=',
    'X_KEY=ab1cd2x9 ',
  ],
  ...['apikey', 'githubkey', 'githubkey=', 'github_x_key=', 'aA'.repeat(20), 'aAkey=', 'dapikey:'],
  ...['MaxToken=', 'max_token=', 'token_1=', 'token[', 'token]', "token']=", 'set("token", "a1'],
  // Lists, and names with other marks behind them.
  ...[
    'tokens=["a",',
    'token: {',
    'token: {a: 1, ',
    'token:\n  a: b\n',
    'tokens:\n  a: b\n',
    '  tokens:\n',
    '1:tokens:\n',
    `tokens: [${'a'.repeat(600)}`,
    `value:${'a'.repeat(600)}`,
    '1:key: |\n',
    '     1\t- key: x\n',
    '+tokens:\n',
    'a/b-',
    'a.b:1:',
    'a.b-1-\n',
    '> key:\n',
    '1:a  key\n',
    '[tokens]\n',
    '[tokens]\na = ab1cd2\n',
    '[tokens]\n\n#\n',
    'tokens: {',
    'cookies={a: x,',
    'password = "a" + ',
    'name: a, value: ',
    'curl -a',
    '**token**\n',
    'name,value\n',
    'tokens: [',
    '"tokens=[","',
    'tokens:\n- a1\n',
    '- a1\n',
    '"a1",\n',
    'token=(',
  ],
  ...[
    'backup_codes: ',
    'backup codes: a1b2c3d4 ',
    'PIN: 1234 ',
    'PIN=',
    'token{"',
    'token[] = ',
    'token=="',
  ],
  ...[
    'token <- "',
    'token ||= "',
    'x.toBe("',
    '"token">',
    'password =\n',
    'password=&a1',
    '"token": {\n',
  ],
  ...['secretKey: [1, ', '<td>token</td> ', '<token>\n', 'b3BlbnNzaC1rZXktdjEA', 'the --token a '],
  // Headers.
  ...['Authorization:', 'Authorization: ', 'Authorization: Basic ', 'Authorization: Digest '],
  ...[
    'authorization=a:',
    'Authorization: a b ',
    'Cookie:',
    'Cookie: a=b',
    'Cookie: a=b; ',
    'a=b; ',
  ],
  ...['set-cookie:a=xxxx', 'Set-Cookie: a=', 'cookie: $', 'cookie: a'],
  // Addresses.
  ...[
    '://',
    'a://',
    'a://b:',
    'a://b:c',
    '://a:b@',
    '://@',
    '://:',
    ':////',
    'http://a:b',
    ':\\/\\/',
  ],
  ...['http:', 'a:b@', 'https://a:$', `://${long}`, '://a:b@c ', 'x://y:z@'],
  // Commands.
  ...['--', '--a', '--token', '--token ', '--token a1b2c3d4e5 ', '--password=', '-u ', ' -u a:'],
  ...[
    'curl ',
    'curl -u a:b ',
    'curl -u a: ',
    'curl --user ',
    '-u a:',
    'mysql',
    'mysql ',
    'mysql -p ',
  ],
  ...['mysql -p', 'mysql -pa', ' -p', 'sshpass -p', 'sshpass ', 'sshpass\t', 'redis-cli ', ' -a '],
  ...[
    'docker ',
    'docker login ',
    'docker login -p ',
    'az ',
    'oc login ',
    'openssl ',
    'pass:',
    'zip ',
  ],
  ...[
    'curl \\\n',
    'curl -u a:b \\\n',
    '\\\n-u a:b',
    'gh secret set ',
    'gh secret set -b',
    'put-parameter ',
    'put-parameter SecureString --value ',
    'nuget push ',
  ],
  ...[
    '--from-literal=',
    '--from-literal=a=',
    'secret --from-literal=a=b1',
    'http-basic.',
    'bundle config ',
    ' -token ',
  ],
  ...[
    'password is ',
    'password is generated for a',
    'the password is ',
    'with password a1',
    'user a password ',
    'use the key ',
    'Use a as the token ',
    'save the token now.\n',
    'BasicAuth(',
    "BasicAuth('a', ",
    'ENV ',
    'ENV TOKEN ',
    '#define ',
  ],
  ...[
    '#define TOKEN ',
    ' string = "',
    'token string = "',
    '" -> "',
    'token = "',
    'token = "a" -> "',
    'token  ',
  ],
  ...[
    'name: TOKEN\n',
    'name: TOKEN\nvalue: ',
    '"name": "TOKEN",\n',
    '"slotSetting": false,\n',
    'name',
    'value = ',
  ],
  ...[
    'token: |\n',
    'token: |\n a',
    '--token \\\n',
    '--token \\\n a1b2c3d4e5 \\\n',
    ' \\\n',
    ': >',
    '|| "',
  ],
  ...['openssl -passin pass:', 'zip -P ', '7z -p', 'unzip', ' -pass'],
  // Phrases.
  ...[
    'login x password ',
    'login ',
    'login a ',
    'password ',
    'password \t',
    'identified by ',
    "by '",
  ],
  ...[
    "password '",
    "identified by '",
    'requirepass ',
    'requirepass a\n',
    'rootpw',
    '\nrootpw ',
    'a:*:',
  ],
  ...['a:5432:', ':5432:', 'a:*:a:a:a', '*:*:', '$2a$', '$2a$10$', '$1$', '$6$a$', '$apr1$', '$y$'],
  ...['$argon2id$', '$argon2id$v=19$', `$2a$10$${'a'.repeat(53)}`],
  // What has its value in another line, row, call or tag.
  ...[
    '$ wg genkey\n',
    '$ cat ',
    '$ echo $',
    '> grep token x | cut ',
    '$ jq .',
    '# pass a/',
    'process.env.',
    '$ os.environ["',
    '<password><![CDATA[',
    'token for a',
    'htpasswd -b ',
    '$ wg genkey\nab1cd2x9ab1cd2\n',
    '$ ',
    '# openssl rand ',
    'VALUES (',
    ')VALUES (',
  ],
  ...[
    '(password)VALUES (',
    "(password)VALUES ('ab1cd2x9'),",
    "('a',",
    'variable "token" {',
    ' default = ',
  ],
  ...[
    '["token"]=> ',
    '["token"]=> string(8) "',
    '<token a="b"',
    '<token a>',
    ' name="token" value="',
  ],
  ...[
    '.login("a", ',
    '.login("a',
    'jwt.sign(a, ',
    'new PDO(',
    'password").fill(',
    '.type(',
    'tid=',
    ';exp=',
  ],
  ...[
    '=\toff',
    `${'A'.repeat(43)}=\t`,
    'Private Keys',
    'app password ',
    'abcd efgh ',
    '\u5bc6\u7801: ',
  ],
  ...[
    'New value: ',
    'password New value: ',
    "'\\''",
    "password='\\''",
    'pw: ',
    'pwd="',
    'password (a): ',
  ],
  ...[
    'password [a]: ',
    'token                     :',
    'password: a&b1,',
    '--user a:',
    'BUNDLE_A: ',
    'smtp.',
  ],
  ...['\u200b', '\u00a0', 'pass\u00adword: ', '    1\u2192', '%20', 'PRIVATE%20KEY', 'IBAAKCAQEA'],
  ...[`${base64.repeat(2).slice(0, 76)}\n`, `${'A'.repeat(64)}\n-----END ${'PRIVATE'} KEY-----\n`],
  // Manifests.
  ...[
    'apiVersion: v1\n',
    'apiVersion: v1',
    'kind: Secret\n',
    'data:\n',
    'kind: Secret\ndata:\n a: b\n',
    'apiVersion: v1\ndata:\n a: YWJjZGVm\n',
    'apiVersion: v1\ndata:\n a: b\n',
    '- apiVersion: v1\n',
    '{"kind":"Secret","data":{"a":"b"}},',
    '{"data":',
  ],
  // Keys.
  ...[
    '-----BEGIN ',
    '-----BEGIN PRIVATE',
    keyHead,
    `${keyHead}\n`,
    `${keyHead}\\n`,
    `${keyHead} a`,
  ],
  ...['PRIVATE KEY', 'PRIVATE KEY\n', '-----END PRIVATE KEY-----', '-----', '- - ', `${keyHead}"`],
  ...[`${keyHead}\nabcd\n-----END ${'PRIVATE'} KEY-----\n`, `${keyHead}${'a'.repeat(64)}\\n`],
  ...[`${keyHead}Proc-Type: a`, `-----BEGIN ${'A '.repeat(6)}`],
  // Other views.
  ...[
    '\u001b',
    '\u001b[',
    '\u001b[1m',
    '\u001b[1;',
    '\u001b]',
    '\u001b]a',
    '\u001b(',
    '\u001b[0m\n',
  ],
  ...['\\u001b[', '\\u001b', '\\u00', '\\u0041', '\\\\u0041', '\\u0022', '\\', '\\n', '\\x1b['],
  ...['&quot;', '&#34;', '&#', '&', 'token&#61;a ', '{&quot;token&quot;:&quot;a&quot;}'],
  ...['token\uff1aa ', 'token="""', "token=''a ", "password for a = 'b'", 'token REG_SZ a '],
  ...['value="a" ', 'value="a" name=', '"value": "a", ', '{token, "a1"} '],
  ...['%41', '%4', '%3D', '%', '%%', '%2525', '%41a', 'token%3D', '%22', 'a%20'],
  // Base64.
  ...[
    base64,
    base64.replaceAll('=', ''),
    `${base64} `,
    `${base64}\n`,
    `${base64}=`,
    'QUFB',
    'QUFB',
  ],
  ...[
    Buffer.from(base64.repeat(40)).toString('base64'),
    `${'QUFB'.repeat(8)}.`,
    'aGVsbG8g'.repeat(9),
  ],
  // JSON in JSON.
  ...[
    '{"a":1}\n',
    '{"a":"b"}\n',
    '[1]\n',
    '{"a":"{\\"b\\":',
    '{"password":"',
    '{"name":"key",',
    'data: {',
  ],
  ...['{"a":1},', '"password":', '{"name":"token","value":"a"},', '["--token","a"],', 'data: {"\n'],
  // Markers.
  ...['[REDACTED:', '[REDACTED', '[REDACTED:a]', '[REDACTED:error]', '[REDACTED:a]='],
  ...['[REDACTED:a] password=ab1cd2 ', '[REDACTED:a]://a:b1@c ', `[REDACTED:a] Bearer ${long}1 `],
]

/** What a single spot of a long text can turn on. */
const spots: readonly string[] = [
  ...[
    '',
    '%41',
    '\u001b[1m',
    '\\u0041',
    'PRIVATE KEY',
    '[REDACTED:a]',
    '--token a1',
    'curl -u a:b ',
  ],
  ...['login', 'password', 'mysql -p', '$2a$', ':5432:', '\n{"a":"b"}\n', '\u0000', '\u00e9'],
]

describe('a MiB of anything', () => {
  const cases = [...new Set(units)].map(
    (unit) => [name(unit), (length: number) => filled(unit, length)] as const,
  )

  it.each(cases)('takes time in proportion to its length: %s', (_, make) => {
    expect(faultOf(make)).toBeUndefined()
  })

  it.each(spots.map((spot) => [name(spot), spot] as const))(
    'takes time in proportion to its length around %s',
    (_, spot) => {
      const fault = faultOf((length) => {
        const half = filled(prose, length >> 1)
        return half + spot + half
      })
      expect(fault).toBeUndefined()
    },
  )
})

describe('what follows what', () => {
  const pieces = [...new Set(units)]

  it('takes time in proportion to its length, in whatever order', () => {
    const mixed = fc.array(fc.constantFrom(...pieces), { minLength: 2, maxLength: 4 })
    fc.assert(
      fc.property(mixed, (some) => {
        const make = (length: number) => filled(some.join(''), length)
        // A step at one length is the engine's, what grows too fast does so at every length.
        const fault = growthOf(make, mebi / 4) && growthOf(make)
        expect(fault).toBeUndefined()
      }),
      { numRuns: 1000 },
    )
  }, 300_000)
})

describe('a MiB of members of one object', () => {
  const members = [
    '"d":"ab1cd2x9"',
    '"data":"QUFBQUFBQUFBQUFBQUFBQUFB"',
    '"signature":"QUFBQUFBQUFBQUFBQUFBQUFB"',
    '"value":"ab1cd2x9"',
    '"name":"token","value":"ab1cd2x9"',
    '"password":"ab1cd2x9"',
    '"password=ab1cd2x9":1',
    '"a":["--token","ab1cd2x9"]',
  ]
  it.each(members)('takes time in proportion to its length: %s', (member) => {
    const list = (length: number) => filled(`${member},`, length - member.length) + member
    expect(growthOf((length) => `{${list(length)}}`)).toBeUndefined()
    expect(growthOf((length) => `[{${list(length)}}]`)).toBeUndefined()
  })

  it.each(['"--token","ab1cd2x9"', '"-p"', '"curl","-u","a:b"'])(
    'takes time in proportion to its length in a command: %s',
    (items) => {
      expect(growthOf((length) => `[${filled(`${items},`, length)}${items}]`)).toBeUndefined()
    },
  )
})

describe('a MiB in a line of a transcript', () => {
  const cases = [
    'kind: Secret\ndata:\n a: b\n',
    'a',
    '"',
    '\\',
    '\n',
    '{"a":',
    '{"a":1}\n',
    '[[',
    'password=',
    '\u001b[',
    '%41',
    base64,
  ]
  it.each(cases.map((unit) => [name(unit), unit] as const))(
    'takes time in proportion to its length: %s',
    (_, unit) => {
      const make = (length: number) => {
        const text = filled(unit, length)
        const most = Math.floor((length / JSON.stringify(text).length) * length)
        return JSON.stringify({ type: 'output', text: text.slice(0, most) })
      }
      expect(faultOf(make)).toBeUndefined()
    },
  )

  it('takes time in proportion to its length in lines after a name that got no value', () => {
    const fault = faultOf(
      (length) => filled(`  "slotSetting": ${'x'.repeat(150)}\n`, length),
      (text) => {
        const stream = createRedactor({ cpuTime: () => 0 }).openStream()
        stream.lines('"name": "DB_PASSWORD",')
        for (const line of text.split('\n')) stream.lines(line)
      },
    )
    expect(fault).toBeUndefined()
  })

  it.each(['a', 'a b ', '\n', '{"a":"', 'password='].map((unit) => [name(unit), unit] as const))(
    'takes time in proportion to its length in small pieces: %s',
    (_, unit) => {
      const fault = faultOf(
        (length) => filled(unit, length),
        (text) => {
          const stream = createRedactor({ cpuTime: () => 0 }).openStream()
          for (let at = 0; at < text.length; at += 100) stream.write(text.slice(at, at + 100))
          stream.end()
        },
      )
      expect(fault).toBeUndefined()
    },
  )
})

function name(unit: string): string {
  const shown = JSON.stringify(unit)
  return shown.length > 44 ? `${shown.slice(0, 40)}… (${unit.length})` : shown
}

function filled(unit: string, length: number): string {
  return unit.repeat(Math.ceil(length / unit.length)).slice(0, length)
}

/** What is wrong with the time that texts take, in figures; undefined when nothing is. */
function faultOf(make: (length: number) => string, redact = searched): string | undefined {
  return faultWithin(make, redact, mebi, longest)
}

/** Of its growth alone: for what is no anchor and on no list. */
function growthOf(make: (length: number) => string, length = mebi): string | undefined {
  return faultWithin(make, searched, length, Number.POSITIVE_INFINITY)
}

function faultWithin(
  make: (length: number) => string,
  redact: (text: string) => void,
  length: number,
  longest: number,
): string | undefined {
  const quarter = make(length / 4)
  for (let round = 0; round < 2; round++) {
    if (cpuTimeOf(() => redact(quarter)) < harmless) return undefined
  }
  const whole = make(length)
  const measure = filled(prose, length)
  let growth = Number.POSITIVE_INFINITY
  let times = 0
  // Noise only ever adds, and not to one moment more than to the next: what is compared is measured
  // side by side, for as long as each other, and the best of a few rounds is what the work costs.
  for (let round = 0; round < rounds; round++) {
    const most = cpuTimeOf(() => redact(whole))
    if (most < comparable) return undefined
    const least = cpuTimeOf(() => repeat(4, () => redact(quarter))) / 4
    if (least < harmless) return undefined
    growth = Math.min(growth, Math.sqrt(most / least))
    if (longest !== Number.POSITIVE_INFINITY) {
      const yardstick = cpuTimeOf(() => repeat(8, () => measure.match(plain))) / 8
      times = Math.min(times || Number.POSITIVE_INFINITY, most / yardstick)
    }
    if (growth < steepest && times < longest) return undefined
  }
  return `${length} characters take ${growth.toFixed(1)} times as long as half of them, and ${times.toFixed(1)} times as long as a plain search`
}

function repeat(times: number, act: () => void): void {
  for (let n = 0; n < times; n++) act()
}

/** With a clock that stands still: a search that gives up half-way is no fast search. */
function searched(text: string): void {
  createRedactor({ cpuTime: () => 0 }).text(text)
}

/** In ms: what other processes do does not count. */
function cpuTimeOf(act: () => void): number {
  const from = process.cpuUsage()
  act()
  const { user, system } = process.cpuUsage(from)
  return (user + system) / 1000
}
