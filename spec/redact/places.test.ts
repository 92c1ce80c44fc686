import { describe, expect, it } from 'vitest'
import { createRedactor } from '../../lib/redact/redact.ts'
import { writeLines } from './leaks.ts'
import { alnum, hex, pem } from './samples.ts'

const redactor = createRedactor()
const pw = 'Winter' + '2024!x'
const key = alnum(24)
const other = alnum(27).slice(3)
const code = ['k7wq2', 'x9p4m'].join('-')
const brace = '{'

function without(secrets: readonly string[], text: string): string {
  return secrets.reduce((rest, secret) => rest.replaceAll(secret, '?'), text)
}

/** What is left of a text, whole and line by line. */
function ways(text: string): string[] {
  return [redactor.text(text).value, writeLines(createRedactor(), text.split('\n'))].map((value) =>
    value.replace(/\[REDACTED:[a-z-]+\]/g, '?'),
  )
}

describe('values connected with their names by other marks', () => {
  for (const text of [
    `api_key <- "${key}"`,
    `ENV['API_KEY'] ||= '${key}'`,
    `opts.token ??= "${key}"`,
    `char apiKey[] = "${key}";`,
    `char password[32] = "${pw}";`,
    `std::string token${brace}"${key}"};`,
    `${brace} "ApiKey", "${key}" },`,
    `${brace} "DbPassword", "${pw}" },`,
    `\${env:API_KEY, '${key}'}`,
    `assert settings.API_KEY == "${key}"`,
    `if (password === '${pw}')`,
    `expect(config.apiKey).toBe('${key}')`,
    `Dim ApiKey As String = "${key}"`,
    `DECLARE @password nvarchar(50) = N'${pw}'`,
    `CREATE LOGIN app WITH PASSWORD = N'${pw}'`,
    `let jwtKey = []byte("${key}")`,
    `password: String::from("${pw}"),`,
    `<string name="api_key">${key}</string>`,
    `<property name="db.password">${pw}</property>`,
    `<td>Password</td><td>${pw}</td>`,
    `ParameterKey=DBPassword,ParameterValue=${pw}`,
    `git config --global github.token ${key}`,
    `curl_easy_setopt(curl, CURLOPT_PASSWORD, "${pw}");`,
    `log password=Ab3&${pw} ip=1`,
    `DB_PASSWORD=it's${pw}`,
    `password: it's${pw}`,
    `token = """${key}"""`,
    `password = '''${pw}'''`,
    `apiKey = ''${key}'';`,
    `API token：${key}`,
    `密码＝${pw}`,
    ...[
      ...[
        '登录密码: ',
        '用户密碼 = ',
        '口令：',
        'パスワード: ',
        '비밀번호=',
        'Пароль: ',
        'пароль = ',
      ],
      ...['Passwort: ', 'kennwort=', 'Wachtwoord: ', 'Lösenord: ', 'passord: ', 'adgangskode: '],
      ...[
        'Mot de passe : ',
        'mot_de_passe=',
        'mdp: ',
        'MDP_2=',
        'Contraseña: ',
        'CONTRASENA=',
        'senha: ',
      ],
      ...[
        'db_senha = ',
        'salasana: ',
        'Hasło: ',
        'heslo=',
        'jelszó: ',
        'parolă: ',
        'Parola: ',
        'Şifre: ',
      ],
    ].map((name) => `${name}${pw}`),
    ...[
      'contraseña',
      'db_senha',
      'motDePasse',
      'Passwort',
      'wachtwoord',
      'hasło',
      'пароль',
      '密码',
    ].map((name) => `{"${name}":"${pw}"}`),
    `${brace}api_key, "${key}"}.`,
    `api_key: !unsafe ${key}`,
    `apiKey = T.pack "${key}"`,
    `'api_key' => string '${key}' (length=24)`,
    `SET PASSWORD FOR 'app'@'%' = '${pw}';`,
    `    DbPassword    REG_SZ    ${pw}`,
  ]) {
    const before = /Ab3&|it's/.exec(text)?.[0] ?? ''
    const secret = text.includes(pw) ? before + pw : key
    it(without([pw, key], text), () => {
      for (const value of ways(text)) expect(value).toBe(text.replace(secret, '?'))
    })
  }
})

describe('values before their names', () => {
  for (const text of [
    `<add value="${key}" key="ApiKey" />`,
    `<input value="${pw}" type="text" name="password">`,
    `<meta content="${key}" name="api-key">`,
    `sent ${brace}"value": "${key}", "name": "API_KEY"} to it`,
  ]) {
    it(`are taken out of ${without([pw, key], text)}`, () => {
      for (const value of ways(text)) expect(value).toBe(without([pw, key], text))
    })
  }
})

describe('values in the next lines', () => {
  for (const text of [
    `const password =\n  '${pw}';`,
    `"password":\n    "${pw}"`,
    `<name>db.password</name>\n<value>${pw}</value>`,
    `<password>\n  ${pw}\n</password>`,
    `["api_key"]=>\n  string(24) "${key}"`,
    `"db_password": ${brace}\n  "value": "${pw}",`,
    `tokens: [\n  "${key}",\n  "${other}"\n]`,
    `api_keys:\n  - ${key}\n  - ${other}\nz: 1`,
    `API_KEYS = [\n    "${key}",\n    "${other}",\n]`,
    `var tokens = []string${brace}\n\t"${key}",\n\t"${other}",\n}`,
    `backup_codes:\n - ${code}\n - 2345-6789`,
    `Recovery codes:\n${code}\n2345-6789\nbye`,
    `[tokens]\ngithub = ${key}\n\n# of npm\nnpm = "${other}"\n\n[next]\nid = 1`,
    `[app.api_keys]\r\nopenai = "${key}"\r\n`,
    `[passwords]\nbob = ${pw}\nhint = short\n`,
    `secrets:\n  url: https://h\n  stripe: ${key}\n  'other.one': ${other}\nname: x`,
    `passwords:\n  bob: ${pw}\n`,
    `const tokens = ${brace}\n  github: '${key}',\n  npm: '${other}',\n}`,
    `credentials: ${brace} github: "${key}", npm: "${other}" }`,
  ]) {
    const secrets = [pw, key, other, code, '2345-6789']
    it(JSON.stringify(without(secrets, text)), () => {
      for (const value of ways(text)) expect(value).toBe(without(secrets, text))
    })
  }

  it('are found in a list that is cut at any line', () => {
    const lines = ['tokens:', `  - ${key}`, `  - ${other}`, `  - ${key}`]
    for (let cut = 1; cut < lines.length; cut++) {
      const parts = [lines.slice(0, cut), lines.slice(cut)].map((part) => part.join('\n'))
      expect(writeLines(createRedactor(), parts)).toBe(
        'tokens:\n  - [REDACTED:secret]\n  - [REDACTED:secret]\n  - [REDACTED:secret]',
      )
    }
  })
})

describe('lists, codes and words', () => {
  it('loses the values of a list in JSON', () => {
    const list = JSON.stringify({ tokens: [key, other], words: ['one', 'two'] })
    expect(redactor.text(list).value).toBe(
      '{"tokens":["[REDACTED:parameter]","[REDACTED:parameter]"],"words":["one","two"]}',
    )
    expect(redactor.json({ backup_codes: [code] }).value).toEqual({
      backup_codes: ['[REDACTED:code]'],
    })
  })

  it('loses recovery codes and PINs', () => {
    for (const text of [
      `recovery code: ${code}`,
      `Backup codes: ${code}, 2345-6789`,
      'SIM_PIN=482193',
      'PIN: 482193',
      `Your recovery code is ${code}`,
    ]) {
      for (const value of ways(text)) {
        expect(value).toBe(without([code, '2345-6789', '482193'], text))
      }
    }
  })

  it('loses two words under a name of a passphrase, and no others', () => {
    const words = ['battery', 'river'].join(' ')
    expect(redactor.text(`passphrase = "${words}"`).value).toBe(
      'passphrase = "[REDACTED:password]"',
    )
    expect(redactor.text(`GPG_PASSPHRASE="${words}"`).value).toBe(
      'GPG_PASSPHRASE="[REDACTED:password]"',
    )
    for (const text of [`"password": "${words}"`, 'passphrase: "enter phrase"']) {
      expect(redactor.text(text).value).toBe(text)
    }
  })

  it('loses the bytes of a key', () => {
    const bytes = Array.from({ length: 64 }, (_, i) => (i * 37) % 256).join(', ')
    expect(redactor.text(`const secretKey = Uint8Array.from([${bytes}])`).value).toBe(
      'const secretKey = Uint8Array.from([[REDACTED:password]])',
    )
  })
})

describe('keys with something around each line', () => {
  const lines = pem('RSA PRIVATE KEY', 6).split('\n')
  const around: Record<string, (line: string, i: number) => string> = {
    'a log': (line, i) => `2024-05-01T12:00:0${i}Z web_1  | ${line}`,
    PHP: (line) => `  '${line}' . PHP_EOL .`,
    'Visual Basic': (line) => `  "${line}" & vbCrLf & _`,
    HTML: (line) => `${line}<br>`,
    'a box': (line) => `│ ${line} │`,
  }
  for (const [name, wrap] of Object.entries(around)) {
    it(name, () => {
      const text = lines.map(wrap).join('\n')
      for (const value of ways(`a\n${text}\nb`)) {
        expect(lines.slice(1, -1).filter((line) => value.includes(line))).toEqual([])
        expect(value.split('\n').at(-1)).toBe('b')
      }
    })
  }

  it('is found in base64 over lines, also line by line', () => {
    const encoded = Buffer.from(`${lines.join('\n')}\n`).toString('base64')
    const wrapped = encoded.match(/.{1,76}/g) ?? []
    const value = writeLines(createRedactor(), ['a', ...wrapped, 'ends here: b'])
    expect(value).toBe('a\n[REDACTED:private-key]\nends here: b')
  })

  it('is found by the first letters of OpenSSH', () => {
    const body = [['b3BlbnNzaC1r', 'ZXktdjEAAAAA'].join('') + alnum(40), alnum(70), alnum(60)]
    for (const value of ways(`a\n${body.join('\n')}\nthe end: b`))
      expect(value).toBe('a\n?\nthe end: b')
  })
})

describe('programs and protocols', () => {
  for (const text of [
    `cypher-shell -u neo4j -p ${pw}`,
    `plink -pw ${pw} u@h`,
    `ipmitool -H h -U admin -P ${pw} power on`,
    `snmpwalk -v3 -u u -a SHA -A ${pw} -x AES h`,
    `net user bob ${key} /add`,
    `vault login ${key}`,
    `az keyvault secret set --name n --value ${key}`,
    `dotnet user-secrets set "Db:Password" "${pw}"`,
    `echo ${pw} | gpg --passphrase-fd 0 -d x`,
    `curl -b "session=${key}" https://h`,
    `A001 LOGIN "bob" "${pw}"`,
    `PASS ${pw}`,
    `AUTH ${key}`,
    `bob : EAP "${pw}"`,
    `        set psksecret ${pw}`,
    `new NetworkCredential("u", "${pw}")`,
    `new PasswordAuthentication("u", "${pw}".toCharArray())`,
    `new SecretKeySpec("${key}".getBytes(), "AES")`,
    `token.SignedString([]byte("${key}"))`,
    `enable secret 9 $9$${alnum(14)}$${alnum(43)}`,
    `grub.pbkdf2.sha512.10000.${hex(128).toUpperCase()}.${hex(128).toUpperCase()}`,
  ]) {
    it(without([pw, key], text).slice(0, 60), () => {
      for (const value of ways(text)) {
        expect(value).toContain('?')
        expect([pw, key, alnum(20), hex(40).toUpperCase()].some((one) => value.includes(one))).toBe(
          false,
        )
      }
    })
  }
})

describe('what resembles them', () => {
  it('stays', () => {
    for (const text of [
      'PASS: gdb.base/a1-b2.exp: step 1',
      'PASS: test_foo-123.sh',
      'renamed --http-passwd and --proxy-passwd command switches',
      'rows identified by "fixup"',
      'Authorization: Basic parsing fixed',
      'login_name:passwd:UID:GID:user_name:directory:shell',
      'http://[user][:password]@host',
      `[[ -n $format ]] && pat="'*.$format(-.)'"`,
      "`url-token`: `url('./icon.png')`",
      '"secrets": ["db-password-1", "api-key-2"]',
      "'password' => ['required', 'string', 'min:8'],",
      `const secret = ['ghp', '${alnum(36)}'].join('_')`,
      'tokens:\n  - type: word\n    value: foo1',
      `secrets:\n  db_password:\n    file: ./db_password1.txt\n  id: ${key}`,
      `tokens:\n  primary: '#ff8800'\n  border: gray-200`,
      `[tokens]\nprimary = gray-200\n\n[pages]\nabout = ${key}`,
      `[token]\nabout = ${key}`,
      `tokens:\nabout: ${key}`,
      'secrets:\n  - db_password1\n  - api_token2',
      'if (token == "utf8mb4") return',
      "expect(result.token).toBe('identifier')",
      '<string name="password_hint">At least 8 characters</string>',
      '<string name="api_key">API key</string>',
      'led_pin: GPIO25',
      'Backup codes: 10 remaining',
      'net user administrator /active:yes',
      'password has been reset to default',
    ]) {
      for (const value of ways(text)) expect(value).toBe(text)
    }
  })
})
