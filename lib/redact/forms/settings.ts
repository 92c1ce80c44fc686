/** How a name and its value stand in what is no assignment: in two lines, elements, cells of code. */

import type { Form } from './form.ts'
import { printing, printingLine } from './printing.ts'

const named = '["\']?([\\w.-]{2,64})["\']?'

/** What gives a name a value by other marks than `=` and `:`; the name is the one group. */
function setting(words: string | readonly string[], before: string): Form {
  return {
    words: typeof words === 'string' ? words.split('|') : words,
    pattern: new RegExp(before, 'gm'),
  }
}

/** The same, with the value in another line than the name. */
function splitSetting(
  words: string | readonly string[],
  line: string,
  next: string,
): Form & { readonly line: string } {
  return { ...setting(words, line + next), line }
}

/** How a name ends that is a line of its own: not with a colon, which is another form. */
const headingEnds = 'key Key KEY sword SWORD hrase oken OKEN ecret ECRET'
  .split(' ')
  .flatMap((end) => [`${end}\n`, `${end}\r`, `${end}*`, `${end}:*`])

/** Settings whose name ends a `line`, also when the next one is still to come. */
export const broken: readonly (Form & { readonly line: string })[] = [
  // Environments of containers, plans of terraform, and what else has a name and a value.
  splitSetting(
    'value:|value"|Value"|value = ',
    `^[ \\t{+~-]{0,64}(?:["']?(?:[Nn]ame|[Kk]ey)["']?[ \\t]{0,16}[:=]|"Type":)[ \\t]{1,4}${named},?[ \\t]{0,8}\\r?\\n(?:[ \\t]{0,64}"slotSetting": \\w{4,5},\\r?\\n)?`,
    `[ \\t+~-]{0,64}["']?[Vv]alue["']?[ \\t]{0,16}[:=][ \\t]{1,4}`,
  ),
  // A block of YAML, when it is one word. It leads with the colon and reads the name backwards.
  splitSetting(
    [': |', ': >'],
    `:[ \\t]{1,4}[|>][+-]?[ \\t]{0,8}\\r?\\n(?<=${named}:[^\\n]{1,16}\\n)`,
    '[ \\t]{1,64}(?=[^\\s:]{8,512}[ \\t]{0,64}\\r?(?:\\n|$))',
  ),
  splitSetting(
    '<string>|<value>|<Value',
    '<(?:[kK]ey|name|string)>([\\w.-]{2,64})</\\w{3,6}>[ \\t]{0,8}\\r?\\n',
    '[ \\t]{0,64}<(?:string|[vV]alue(?: \\w{1,24}="\\w{1,8}")?)>(?=[^\\s<])',
  ),
  // "NAME": {
  //   "value": "..."
  splitSetting(
    'value":|default":',
    '\\{[ \\t]{0,8}\\r?\\n(?<=["\']([\\w-]{2,64})["\']:[ \\t]{0,4}\\{[ \\t]{0,8}\\r?\\n)',
    '[ \\t]{0,64}"(?:value|default)":[ \\t]{0,4}(?=")',
  ),
  // <password>
  //   value
  splitSetting(
    'assword>|asswd>|oken>|ecret>|hrase>|Key>|_key>',
    '<(\\w{3,64})>[ \\t]{0,8}\\r?\\n',
    '[ \\t]{0,64}(?=[^\\s<]{4,512}[ \\t]{0,8}\\r?\\n[ \\t]{0,64}</|[^\\s<]{4,512}[ \\t]*$)',
  ),
  // ["name"]=> string(8) "value"
  splitSetting(
    '"]=>',
    '\\["([\\w.-]{2,64})"\\]=>[ \\t]{0,8}\\r?\\n',
    '[ \\t]{0,64}string\\([0-9]{1,4}\\) (?=")',
  ),
  // A command over many lines.
  splitSetting([' \\\n', ' \\\r'], `--${named}[ \\t]{1,4}\\\\\\r?\\n`, '[ \\t]{0,64}(?=[^\\s-])'),
  // What a program prints when it is asked for a secret, or for a new one.
  {
    ...splitSetting(
      printing,
      printingLine,
      '(?![.~]|/\\w+/\\w+[/.])(?=[^\\s:{}<>]{8,200}[ \\t]*\\r?(?:\\n|$))(?=\\S{0,64}[0-9!#$%^&*+])',
    ),
    name: 'password',
    manner: 'cell',
  },
  // A name that is a line of its own, as headings are.
  {
    ...splitSetting(
      headingEnds,
      `\\n(?<=(?:[Kk]ey|KEY|sword|SWORD|hrase|oken|OKEN|ecret|ECRET)\\*{0,2}:?\\*{0,2}[ \\t]?\\r?\\n)(?<=^[ \\t]{0,16}(?:#{1,6} |[*-] )?\\*{0,2}((?:[\\w.-]{2,32} ){0,3}[\\w.-]{2,64})\\*{0,2}:?\\*{0,2}[ \\t]?\\r?\\n)`,
      '(?:[ \\t]{0,64}\\r?\\n|(?:-{3,80}|={3,80}|```\\w{0,12})\\r?\\n)?[ \\t]{0,64}(?=[`"]?[^\\s:`"]{8,512}[`"]?[ \\t]*\\r?(?:\\n|$))',
    ),
    manner: 'sentence',
  },
  // Copy this token, it will not be shown again:
  {
    ...splitSetting(
      ['gain', 'once', 'now', 'ated', 'elow', 'safe', 'fely', 'time'].flatMap((end) =>
        ['.\n', ':\n', '!\n', '.\r', ':\r', '!\r'].map((mark) => end + mark),
      ),
      `[:.!]\\r?\\n(?<=^(?=[^\\n]{0,200}\\b(?:[Cc]opy|[Ss]ave|[Ss]tore|[Cc]reated|[Gg]enerated|[Ss]hown|[Dd]isplayed|[Ss]ee)\\b)[^\\n]{0,160}?\\b([Tt]oken|[Kk]ey|[Ss]ecret|[Pp]ass(?:word|phrase))\\b[^\\n]{1,120}[:.!]\\r?\\n)`,
      '(?:[ \\t]{0,64}\\r?\\n|```\\w{0,12}\\n)?[ \\t]{0,64}(?=[`"]?[^\\s:`"]{16,512}[`"]?[ \\t]*\\r?(?:\\n|$))',
    ),
    name: 'token',
    manner: 'sentence',
  },
  // What a program asks for, and is told.
  {
    ...splitSetting(
      [
        ...'rd RD se SE en EN et ET ey EY'.split(' ').flatMap((end) => [`${end}:\n`, `${end}:\r`]),
        ': \n',
        'rd for ',
        'se for ',
      ],
      `:[ \\t]{0,4}\\r?\\n(?<=\\b((?:(?:[Aa][Pp][Ii]|[Aa]ccess|[Ss]ecret|[Aa]uth) )?[\\w.-]{2,64})["'\`]?(?: for [^\\n]{1,60})?:[ \\t]{0,4}\\r?\\n)`,
      '(?:[ \\t]{0,64}\\r?\\n|```\\w{0,12}\\n)?[ \\t]{0,64}(?=[^\\s:]{4,512}[ \\t]{0,64}\\r?(?:\\n|$))',
    ),
    manner: 'cell',
  },
]

export const settings: readonly Form[] = [
  ...broken,
  // fish, csh, Windows, npm, yarn, git and aws set things without an operator.
  setting(
    'set -|setenv|setx |fig set|ure set|-g set|bal set',
    '\\b(?:set -[gUxe]{1,3}|setenv|setx|(?:config|configure) (?:--global |-g )?set)[ \\t]+[^\\s=]{0,100}?([\\w.-]{2,64})[ \\t]+(?=[^\\s-])',
  ),
  // {"name": "NAME", "value": "..."} in the middle of a text, and as code and YAML have it.
  setting(
    'value"|value\\|value\'|alue:|alue=|alue =|val":',
    `\\b[Vv]al(?:ue)?\\\\{0,3}["']?[ \\t]?[:=][ \\t]?(?<=(?<![\\w-])(?:[Nn]ame|[Kk]ey|header|[Vv]ariable)\\\\{0,3}["']?[ \\t]?[:=][ \\t]?\\\\{0,3}["']?([\\w.-]{2,64})\\\\{0,3}["']?(?: ?, ?| )\\\\{0,3}["']?[Vv]al(?:ue)?\\\\{0,3}["']?[ \\t]?[:=][ \\t]?)`,
  ),
  // <add key="NAME" value="...">
  setting(
    ' value=| Value=|ent="|ent=\'',
    `\\b(?:[Kk]ey|[Nn]ame|type(?==.password))=["']([\\w.:-]{2,64})["'](?:\\s{1,8}\\w{1,16}=["'][^"'<>\\n]{0,64}["']){0,3}\\s{1,8}(?:[Vv]alue|content)=(?=["'])`,
  ),
  // The same the other way round, and in JSON.
  setting(
    'value="|value=\'|content="|content=\'',
    `\\b(?:value|content)=(?=["'][^"'<>\\n]{4,512}["'](?:\\s{1,8}(?!key|name)\\w{1,16}=["'][^"'<>\\n]{0,64}["']){0,3}\\s{1,8}(?:key|name)=["']([\\w.:-]{2,64})["'])`,
  ),
  setting(
    '"value"',
    '"value" ?: ?(?="[^"\\n]{4,512}",\\s{0,64}"(?:name|key)" ?: ?"([\\w.-]{2,64})")',
  ),
  // NAME    REG_SZ    value
  setting(
    ' REG_SZ|\tREG_SZ',
    '\\bREG_SZ[ \\t]{1,16}(?=\\S)(?<=(?<![\\w.-])([\\w.-]{2,64})[ \\t]{1,16}REG_SZ[ \\t]{1,16})',
  ),
  // <wsse:Password Type="...">value</wsse:Password>
  setting(
    'assword |Pass |oken |ecret |PASSWORD ',
    '<(?:\\w{1,32}:)?(\\w{2,32})[ \\t][^<>\\n]{1,200}>(?=[^\\s<]{4,512}</)',
  ),
  // NAME ?= value of a Makefile
  setting(' ?= ', '^[ \\t]{0,8}(?:export )?(\\w{2,64}) \\?= (?=[^\\s$])'),
  // A field of a form as it is sent.
  setting(
    'orm-data; name="',
    '\\bform-data; name="([\\w.-]{2,64})"\\r?\\n(?:Content-[^\\n]{1,100}\\n)?\\r?\\n(?=[^\\s]{4,512}[ \\t]{0,8}\\r?$)',
  ),
  // variable "name" { default = "value" }
  setting(
    'ariable "',
    '\\bvariable[ \\t]+"([\\w-]{2,64})"[ \\t]*\\{[^{}]{0,300}?\\bdefault[ \\t]*=[ \\t]*(?=")',
  ),
  // ["name"]=> string(8) "value"
  setting('"]=> ', '\\["([\\w.-]{2,64})"\\]=> {1,16}string\\([0-9]{1,4}\\) (?=")'),
  setting(
    'gField',
    `\\bbuildConfigField[ (]["']String["'],[ \\t]*["']([\\w.-]{2,64})["'],[ \\t]*["'](?=\\\\")`,
  ),
  // ENV NAME value, as Dockerfiles had it before they had an operator.
  setting('ENV ', `\\bENV[ \\t]{1,8}(\\w{2,64})[ \\t]{1,8}(?=["']?[^\\s=]{0,80}[0-9])`),
  // set :name, 'value' and -define(NAME, "value")
  setting('set :', '\\bset :(\\w{2,64}), ?(?=["\'])'),
  setting('-define(', '-define\\((\\w{2,64}), ?(?=")'),
  setting('#define ', '#define[ \\t]{1,16}(\\w{2,64})[ \\t]{1,64}(?=")'),
  // var NAME string = "value", Dim NAME As String = "value", DECLARE @NAME varchar(50) = 'value'
  setting(
    'tring =|archar(|ARCHAR(|ROGMEM =',
    '(?:\\b[Ss]tring|\\b(?:nvarchar|NVARCHAR|varchar|VARCHAR)\\(\\w{1,4}\\)|\\bPROGMEM) = ?N?(?=["\'`])(?<=\\b(\\w{2,64})(?:\\[\\])?(?: As| AS)? (?:[Ss]tring|PROGMEM|[nN]?(?:varchar|VARCHAR)\\(\\w{1,4}\\)) = ?N?)',
  ),
  // expect(NAME).toBe('value'), and assertions of other languages.
  {
    ...setting(
      '.toBe(|.toEqual(|.toStrictEqual(|.equal(|.eql(|.isEqualTo(',
      '\\.(?:toBe|toEqual|toStrictEqual|equal|eql|isEqualTo)\\((?=["\'`])(?<=\\b([\\w.-]{2,64})["\'\\]]{0,3}(?:\\(\\))?\\)?(?:\\.(?:to|should))?\\.\\w{2,16}\\()',
    ),
    manner: 'sentence',
  },
  // {"kty": ..., "d": "..."}
  {
    ...setting('"d": "|"d":"', '"d": ?(?="[\\w-]{43,700}")'),
    name: 'private_key',
    manner: 'sentence',
  },
  // <td>NAME</td><td>value</td>, <dt>NAME</dt><dd>value</dd>
  {
    ...setting(
      '</td>|</dt>|</label>',
      '<(?:t[dh]|dt|label)>([\\w .-]{2,64}):?</(?:t[dh]|dt|label)>\\s{0,16}<(?:td|dd|code)>(?:<code>)?(?=[^\\s<]{4,256}<)',
    ),
    manner: 'cell',
  },
  // ParameterKey=NAME,ParameterValue=value
  setting('ParameterValue=', '\\bParameterKey=([\\w-]{2,64}),ParameterValue=(?=\\S)'),
  // git config --global section.NAME value
  setting('config --global ', '\\bconfig --global (?:[\\w-]{1,64}\\.){1,4}(\\w{2,64}) (?=\\S)'),
  // curl_easy_setopt(curl, CURLOPT_PASSWORD, "value")
  setting(
    'PASSWORD,|PASSWD,|_KEY,|_TOKEN,',
    '\\b(\\w{2,48}(?:PASSWORD|PASSWD|_KEY|_TOKEN)),[ \\t]{0,4}(?=["\'][^"\']{4,256}["\'][ \\t]{0,4}\\))',
  ),
  // [sudo] password for user: value
  {
    ...setting(
      'word for |word of |phrase for |phrase of ',
      '([Pp]ass(?:word|phrase)) (?:for|of) [^\\n:]{1,60}:[ \\t]{1,4}',
    ),
    manner: 'cell',
  },
  {
    ...setting(
      'oken for |oken of |ecret for |ecret of | key for | key of ',
      '\\b([Tt]oken|[Ss]ecret|(?:API|api|[Aa]ccess|[Ss]ecret) key) (?:for|of) [^\\n:]{1,60}:[ \\t]{1,4}',
    ),
    manner: 'sentence',
  },
  // Set-Item -Path Env:NAME -Value value
  setting(
    'Set-Item ',
    '\\bSet-Item[ \\t]+(?:-Path[ \\t]+)?["\']?[Ee]nv:[\\\\/]?(\\w{2,64})["\']?[ \\t]+(?:-Value[ \\t]+)?(?=[^\\s-])',
  ),
  // My password is value, change the root password to value, log in with the password value
  {
    ...setting(
      'word is |hrase is |word to |hrase to |th password |th the password |ng password |ng the password ',
      '(pass(?:word|phrase)) (?:(?<=\\b(?:[Mm]y|[Yy]our|[Hh]is|[Hh]er|[Oo]ur|[Nn]ew|root|admin|user|[Ww]i-?[Ff]i|[Tt]he) pass\\w{4,6} )(?:is|to)[ :]{1,2}|(?<=\\b(?:[Ww]ith|[Uu]sing) (?:the )?password )(?:(?:is|to)[ :]{1,2})?)(?!\\(?(?:sha|md|base|utf|aes|rsa|ecdsa|ed|argon|bcrypt|scrypt|pbkdf|oauth|http|blake|hs|rs|ntlm|crypt)-?v?[0-9]|[0-9]+-[a-z])(?=["\'`]?[!-~]{0,64}[0-9])(?=["\'`]?[!-~]{6,64}(?:\\s|$))',
    ),
    manner: 'cell',
  },
  // Use value as the token
  {
    ...setting(
      ' as the | as my | as your | as api | as API | as an ',
      '\\b[Uu]se[: ]{1,2}(?=["\'`]?[!-~]{8,512} as (?:the |my |your |an )?(?:password|passphrase|secret|(?:(?:api|API|access|auth|bearer) )?token|(?:(?:api|API|access|secret) )?key)\\b)',
    ),
    name: 'api_key',
    manner: 'sentence',
  },
  // Use the key value, here is my key: value; what may be the fingerprint of one is none
  {
    ...setting(
      'the key |this key |my key |our key |the key: |this key: |my key: |our key: ',
      '\\b(?:[Uu]se (?:the|this|my|our) key:? (?!["\'`]?[0-9A-F]{16,64}\\b)|(?:[Tt]he|[Tt]his|[Mm]y|[Yy]?our) key: (?=["\'`]?\\w{0,64}[G-Zg-z]))',
    ),
    name: 'api_key',
    manner: 'sentence',
  },
  // The password for NAME is value
  {
    ...setting(
      'word for |hrase for |oken for | key for ',
      '\\b([Pp]assword|[Pp]assphrase|[Tt]oken|(?:API|api) key) for (?:[\\w."\'`-]{1,32} ){1,4}is[ :]{1,3}(?=["\'`]?[!-~]{8})',
    ),
    manner: 'sentence',
  },
  // A line of .netrc.
  {
    ...setting(
      ['password '],
      'password[ \\t]{1,8}(?<=^[ \\t]{0,16}(password)[ \\t]{1,8})(?=\\S{5,256}[ \\t]*$)(?=[!-~]*[0-9][!-~]*[A-Za-z])',
    ),
    manner: 'cell',
  },
  // <key>NAME</key> <string>value</string>
  setting(
    '</key>|</Key>',
    '<[kK]ey>([\\w.-]{2,64})</[kK]ey>\\s{0,16}<(?:string|Value(?: \\w{1,24}="\\w{1,8}")?)>(?=[^\\s<])',
  ),
  setting('</name>', '<name>([\\w.-]{2,64})</name>\\s{0,16}<value>(?=[^\\s<])'),
  // <setting name="NAME"> <value>value</value>
  setting(
    '<value>',
    '<value>(?=[^\\s<])(?<=\\bname="([\\w.-]{2,64})"[^<>\\n]{0,64}>\\s{1,64}<value>)',
  ),
  // NAME = "old" -> "new"
  setting('" -> "', '" -> (?=")(?<=\\b([\\w.-]{2,64})["\']?[ \\t]{0,64}= "[^"\\n]{0,512}" -> )'),
]
