import { describe, expect, it } from 'vitest'
import { createRedactor } from '../../lib/redact/redact.ts'
import { alnum, hex } from './samples.ts'

const redactor = createRedactor()
const pw = 'hunter' + '2!x'
const key = alnum(24)
const strong = ['Rocket', '4553!'].join('')
const app = ['qlev', 'wgnz', 'luqm', 'tjor'].join(' ')
/** A word and a number. */
const made = ['dragon', '73'].join('')
const chaos = ['XKxUqG', 'HgaEqA'].join('')
const brace = '{'

/** So many words, as passphrases have them. */
function words(count: number): string {
  return 'correct horse battery staple '.repeat(6).split(' ').slice(0, count).join(' ')
}

function caps(count: number): string {
  return words(count).replace(/\b[a-z]/g, (letter) => letter.toUpperCase())
}

describe('values under secret names', () => {
  const found: readonly [text: string, expected: string][] = [
    [`password=${pw}`, 'password=[REDACTED:password]'],
    [`password: ${pw}`, 'password: [REDACTED:password]'],
    [`passwd = "${pw}"`, 'passwd = "[REDACTED:password]"'],
    ...[
      ...['pass_word', 'pass-phrase', 'bindpw', 'LDAP_BIND_PW', 'admin_pw', 'olcRootPW'],
      ...['presharedKey', 'pre_shared_key', 'password_confirmation', 'passwordConfirm'],
    ].map((name): [string, string] => [`${name}: ${strong}x`, `${name}: [REDACTED:password]`]),
    ...[
      ...['id_token', 'idToken', 'service_role_key', 'SUPABASE_SERVICE_ROLE_KEY', 'fernet_key'],
      ...['tls_key', 'privKey', 'WALLET_KEY', 'crypto_key', 'tokenValue', 'secretText', 'pepper'],
    ].map((name): [string, string] => [`${name}: ${key}`, `${name}: [REDACTED:secret]`]),
    [`12:db_password: ${pw}`, '12:db_password: [REDACTED:password]'],
    [`config.yml:12:API_KEY: ${key}`, 'config.yml:12:API_KEY: [REDACTED:secret]'],
    [`{"password":"${pw}","a":1}`, '{"password":"[REDACTED:password]","a":1}'],
    [`{\\"password\\": \\"${pw}\\"}`, '{\\"password\\": \\"[REDACTED:password]\\"}'],
    [`export DB_PWD=${pw}`, 'export DB_PWD=[REDACTED:password]'],
    [`MYSQL_PASS=${pw} make`, 'MYSQL_PASS=[REDACTED:password] make'],
    ['POSTGRES_PASSWORD=correcthorse', 'POSTGRES_PASSWORD=[REDACTED:password]'],
    [`GITHUB_TOKEN=${key}`, 'GITHUB_TOKEN=[REDACTED:secret]'],
    [`AWS_SECRET_ACCESS_KEY=${key}/${key}`, 'AWS_SECRET_ACCESS_KEY=[REDACTED:secret]'],
    [`SECRET_KEY_BASE=${hex(64)}`, 'SECRET_KEY_BASE=[REDACTED:secret]'],
    [`api_key: '${key}'`, "api_key: '[REDACTED:secret]'"],
    [`apiKey = "${key}";`, 'apiKey = "[REDACTED:secret]";'],
    [`X-Api-Key: ${key}`, 'X-Api-Key: [REDACTED:secret]'],
    [`API key: ${key}`, 'API key: [REDACTED:secret]'],
    [`client_secret=${key}&grant=x`, 'client_secret=[REDACTED:secret]&grant=x'],
    [`https://h/x?access_token=${key}&y=1`, 'https://h/x?access_token=[REDACTED:secret]&y=1'],
    [`tool --token ${key} run`, 'tool --token [REDACTED:secret] run'],
    [`tool --api-key=${key} run`, 'tool --api-key=[REDACTED:secret] run'],
    [`tool --password '${pw}'`, "tool --password '[REDACTED:password]'"],
    [`'secret' => '${key}',`, "'secret' => '[REDACTED:secret]',"],
    [`Server=x;User Id=sa;Password=${pw};`, 'Server=x;User Id=sa;Password=[REDACTED:password];'],
    [`AccountKey=${key}==;Endpoint=x`, 'AccountKey=[REDACTED:secret];Endpoint=x'],
    [
      `//registry.npmjs.org/:_authToken=${key}`,
      '//registry.npmjs.org/:_authToken=[REDACTED:secret]',
    ],
    [`password1=${pw}`, 'password1=[REDACTED:password]'],
    [`auth: { user: 'a', pass: '${key}' }`, "auth: { user: 'a', pass: '[REDACTED:secret]' }"],
    [`"psk": "${key}"`, '"psk": "[REDACTED:password]"'],
    [`"SecretString": "${pw}"`, '"SecretString": "[REDACTED:secret]"'],
    [`ENV API_TOKEN ${key}`, 'ENV API_TOKEN [REDACTED:secret]'],
    [`#define API_KEY "${key}"`, '#define API_KEY "[REDACTED:secret]"'],
    [`var password string = "${pw}"`, 'var password string = "[REDACTED:password]"'],
    [`~ secret = "${key}" -> "${pw}"`, '~ secret = "[REDACTED:secret]" -> "[REDACTED:secret]"'],
    [`- **API KEY**: \`${key}\``, '- **API KEY**: `[REDACTED:secret]`'],
    [`**Password:** ${pw}`, '**Password:** [REDACTED:password]'],
    [`NSString *apiKey = @"${key}";`, 'NSString *apiKey = @"[REDACTED:secret]";'],
    [`SECRET_KEY = b'${key}'`, "SECRET_KEY = b'[REDACTED:secret]'"],
    [`{"azurePat":"${key}"}`, '{"azurePat":"[REDACTED:parameter]"}'],
    [`apiKey: ${key.slice(0, 8)}.${key}`, 'apiKey: [REDACTED:secret]'],
    [`passphrase = "${words(4)}"`, 'passphrase = "[REDACTED:password]"'],
    [`passphrase = "${words(3)}"`, 'passphrase = "[REDACTED:password]"'],
    [`RESTIC_PASSWORD="${caps(4)}"`, 'RESTIC_PASSWORD="[REDACTED:password]"'],
    [`DB_PASSWORD="${words(2)} 7!"`, 'DB_PASSWORD="[REDACTED:password]"'],
    [`smtp_password: ${app}`, 'smtp_password: [REDACTED:password]'],
    [`{"user":"a","pass":"${app}"}`, '{"user":"a","pass":"[REDACTED:secret]"}'],
    [`password                = "${pw}"`, 'password                = "[REDACTED:password]"'],
    [`SecretID:         ${key}`, 'SecretID:         [REDACTED:secret]'],
    [`Secret ID    = ${key}`, 'Secret ID    = [REDACTED:secret]'],
    [`password\t= ${pw}`, 'password\t= [REDACTED:password]'],
    [`Unseal Key 1 (hex)    : ${hex(66)}`, 'Unseal Key 1 (hex)    : [REDACTED:secret]'],
    [`AWS Secret Access Key [None]: ${key}`, 'AWS Secret Access Key [None]: [REDACTED:secret]'],
    [
      `{"unseal_keys_b64":["${key}"],"root_token":"${key}"}`,
      '{"unseal_keys_b64":["[REDACTED:secret]"],"root_token":"[REDACTED:secret]"}',
    ],
    [
      `bash -c 'export DB_PASSWORD='\\''${pw}'\\'' && run'`,
      `bash -c 'export DB_PASSWORD='\\''[REDACTED:password]'\\'' && run'`,
    ],
    [
      `bash -c 'x --password='"'"'${pw}'"'"' -e'`,
      `bash -c 'x --password='"'"'[REDACTED:password]'"'"' -e'`,
    ],
    [`pass: ${strong}`, 'pass: [REDACTED:password]'],
    [`bob / pw: ${strong}`, 'bob / pw: [REDACTED:password]'],
    [`createUser({ pwd: "${strong}" })`, 'createUser({ pwd: "[REDACTED:password]" })'],
    [`BW_SESSION="${key}=="`, 'BW_SESSION="[REDACTED:parameter]"'],
    [`export OP_SESSION_my="${key}"`, 'export OP_SESSION_my="[REDACTED:parameter]"'],
    [`  password: ${pw}&${key},${key}`, '  password: [REDACTED:password]'],
    [`    12\u2192  password: ab;${pw}`, '    12\u2192  password: [REDACTED:password]'],
    [`MINIO_ROOT_PASSWORD: ${chaos}`, 'MINIO_ROOT_PASSWORD: [REDACTED:password]'],
    ...['!', '%', '$', '{', '<', '*'].map(
      (mark) =>
        [`password: "${mark}${key}"`, 'password: "[REDACTED:password]"'] as [string, string],
    ),
    [`password: "/${key}"`, 'password: "[REDACTED:password]"'],
    [`Some { password: Some("${pw}") }`, 'Some { password: Some("[REDACTED:password]") }'],
    [`password = [[${key}]]`, 'password = [[[REDACTED:password]]]'],
    [`my $password = q{${key}};`, 'my $password = q{[REDACTED:password]};'],
    [`{"mnemonic":"${words(12)}"}`, '{"mnemonic":"[REDACTED:phrase]"}'],
    [`Seed phrase: ${words(12)}`, 'Seed phrase: [REDACTED:phrase]'],
    ...[
      ...['token of bob: ', 'API key for staging: ', 'The token should be ', 'Set the token as '],
      ...['replace the token with '],
    ].map((text): [string, string] => [text + key, `${text}[REDACTED:secret]`]),
    [
      `<password><![CDATA[${pw}]]></password>`,
      '<password><![CDATA[[REDACTED:password]]]></password>',
    ],
    [
      `<Key>Password</Key><Value>${pw}</Value>`,
      '<Key>Password</Key><Value>[REDACTED:password]</Value>',
    ],
    [`token ${key} is invalid`, 'token [REDACTED:secret] is invalid'],
    [`invalid API key '${key}'`, "invalid API key '[REDACTED:secret]'"],
    [`Incorrect API key provided: ${key}.`, 'Incorrect API key provided: [REDACTED:secret].'],
    [`[sudo] password for bob: ${pw}`, '[sudo] password for bob: [REDACTED:password]'],
    [
      `<key>API_KEY</key><string>${key}</string>`,
      '<key>API_KEY</key><string>[REDACTED:secret]</string>',
    ],
    [`?code_verifier=${key}&x=1`, '?code_verifier=[REDACTED:parameter]&x=1'],
    [`env.API_KEY || "${key}"`, 'env.API_KEY || "[REDACTED:secret]"'],
    [`{"jwtSecret": "${made}"}`, '{"jwtSecret": "[REDACTED:password]"}'],
    [`JWT_SECRET = '${made}'`, "JWT_SECRET = '[REDACTED:password]'"],
    [`run(["x", "--password", "${pw}"])`, 'run(["x", "--password", "[REDACTED:password]"])'],
    [`spawn('x', ['--token', '${key}'])`, "spawn('x', ['--token', '[REDACTED:secret]'])"],
    [`DB_PASSWORD ?= ${pw}`, 'DB_PASSWORD ?= [REDACTED:password]'],
    [`export API_TOKEN ?= ${key}`, 'export API_TOKEN ?= [REDACTED:secret]'],
    [`api_key: str = Field(default="${key}")`, 'api_key: str = Field(default="[REDACTED:secret]")'],
    [`password: str = Field("${pw}")`, 'password: str = Field("[REDACTED:password]")'],
    [`The token for staging is ${key}`, 'The token for staging is [REDACTED:secret]'],
    [`password for the test db is: ${pw}`, 'password for the test db is: [REDACTED:password]'],
    [
      `{"password":{"current":"${pw}","new":"${strong}"}}`,
      '{"password":{"current":"[REDACTED:password]","new":"[REDACTED:password]"}}',
    ],
    [
      `{ apiKey: { hint: 'none', value: '${key}' } }`,
      "{ apiKey: { hint: 'none', value: '[REDACTED:secret]' } }",
    ],
    [`password = { new = "${pw}" }`, 'password = { new = "[REDACTED:password]" }'],
    [`cookies={'sid': '${key}'}`, "cookies={'sid': '[REDACTED:parameter]'}"],
    [`["DB_PASSWORD", "${pw}"]`, '["DB_PASSWORD", "[REDACTED:password]"]'],
    [`["authorization","Bearer ${key}"]`, '["authorization","Bearer [REDACTED:authorization]"]'],
    [
      `{"variable":"DB_PASSWORD","value":"${pw}"}`,
      '{"variable":"DB_PASSWORD","value":"[REDACTED:password]"}',
    ],
    [`{"key1":"${key}","key2":""}`, '{"key1":"[REDACTED:parameter]","key2":""}'],
    [
      `EnvVar{Name: "DB_PASSWORD", Value: "${pw}"}`,
      'EnvVar{Name: "DB_PASSWORD", Value: "[REDACTED:password]"}',
    ],
    [`{ name: 'API_KEY', value: '${key}' }`, "{ name: 'API_KEY', value: '[REDACTED:secret]' }"],
    [`map[X-Api-Key:[${key}]]`, 'map[X-Api-Key:[[REDACTED:secret]]]'],
    [`password = "${pw.slice(0, 4)}" + "${pw.slice(4)}"`, 'password = "[REDACTED:password]"'],
    [`api_key="${key}"'${key}'`, `api_key="[REDACTED:secret]'`],
    [`apiKey = '${key}' +\n '${key}';`, "apiKey = '[REDACTED:secret]' +\n '[REDACTED:secret]';"],
    [`API key \u2192 ${key}`, 'API key \u2192 [REDACTED:secret]'],
  ]
  for (const [text, expected] of found) {
    it(`takes the value and keeps the rest of ${expected}`, () => {
      expect(redactor.text(text).value).toBe(expected)
      expect(redactor.text(`first\n  ${text}\nlast`).value).toBe(`first\n  ${expected}\nlast`)
    })
  }

  it('names a token by its provider also under a secret name', () => {
    const token = `ghp${'_'}${alnum(36)}`
    expect(redactor.text(`GITHUB_TOKEN=${token}`)).toEqual({
      value: 'GITHUB_TOKEN=[REDACTED:github-token]',
      counts: { 'github-token': 1 },
    })
  })
})

describe('values that stand in the next line', () => {
  const found: readonly [text: string, expected: string][] = [
    [`- name: API_KEY\n  value: ${key}`, '- name: API_KEY\n  value: [REDACTED:secret]'],
    [`"name": "API_KEY",\n"value": "${key}"`, '"name": "API_KEY",\n"value": "[REDACTED:secret]"'],
    [
      `"name": "API_KEY",\n"slotSetting": false,\n"value": "${key}"`,
      '"name": "API_KEY",\n"slotSetting": false,\n"value": "[REDACTED:secret]"',
    ],
    [
      `  "Type": "SecureString",\n  "Value": "${pw}x"`,
      '  "Type": "SecureString",\n  "Value": "[REDACTED:secret]"',
    ],
    [
      `+ name  = "DB_PASSWORD"\n+ value = "${pw}"`,
      '+ name  = "DB_PASSWORD"\n+ value = "[REDACTED:password]"',
    ],
    [`  token: |\n    ${key}`, '  token: |\n    [REDACTED:secret]'],
    [`  password: >-\n    ${pw}`, '  password: >-\n    [REDACTED:password]'],
    [`tool --token \\\n  ${key} \\\n  run`, 'tool --token \\\n  [REDACTED:secret] \\\n  run'],
    [
      `curl -s \\\n  -X POST \\\n  -u user:${pw} \\\n  https://h`,
      'curl -s \\\n  -X POST \\\n  -u user:[REDACTED:password] \\\n  https://h',
    ],
    [`curl \\\n  -u user:${pw} \\`, 'curl \\\n  -u user:[REDACTED:password] \\'],
    [`psk: |\n  ${pw}`, 'psk: |\n  [REDACTED:password]'],
    [
      `<key>Password</key>\n\t<string>${pw}</string>`,
      '<key>Password</key>\n\t<string>[REDACTED:password]</string>',
    ],
    [
      `"key": "DB_PASSWORD",\n"value": "${pw}"`,
      '"key": "DB_PASSWORD",\n"value": "[REDACTED:password]"',
    ],
    [`$ wg genkey\n${key}=`, '$ wg genkey\n[REDACTED:password]'],
    [`a@b:~$ openssl rand -hex 32\n${hex(64)}`, 'a@b:~$ openssl rand -hex 32\n[REDACTED:password]'],
    [`Enter password:\n${pw}`, 'Enter password:\n[REDACTED:password]'],
    [`Enter your API key: \n${key}`, 'Enter your API key: \n[REDACTED:secret]'],
    [`Generated API key:\n\n  ${key}`, 'Generated API key:\n\n  [REDACTED:secret]'],
    [`Secret Access Key\n${key}`, 'Secret Access Key\n[REDACTED:secret]'],
    [`## Auth token\n\n${key}`, '## Auth token\n\n[REDACTED:secret]'],
    [`\u001b[1mAuth token\u001b[0m\n${key}`, '\u001b[1mAuth token\u001b[0m\n[REDACTED:secret]'],
    [`**API Key:**\n${key}`, '**API Key:**\n[REDACTED:secret]'],
    [`**API Key**\n\`\`\`\n${key}`, '**API Key**\n```\n[REDACTED:secret]'],
    [
      `password:\n  current: ${pw}\n  new: ${strong}`,
      'password:\n  current: [REDACTED:password]\n  new: [REDACTED:password]',
    ],
    [`"api_key": {\n  "value": "${key}"\n}`, '"api_key": {\n  "value": "[REDACTED:secret]"\n}'],
    ...[
      ...['wg show wg0 private-key', 'pwgen -s 24 1', 'bw get password x', 'pass github/token'],
      ...['gopass show -o web/x', 'op read op://a/b/c', 'op item get x --fields password --reveal'],
      ...['security find-generic-password -w -s x', 'secret-tool lookup a b', 'keyring get a b'],
      ...['lpass show --password x', 'chamber read x -q y', 'doppler secrets get X --plain'],
      ...['aws secretsmanager get-secret-value --secret-id x', 'aws ecr get-login-password'],
      ...['aws ssm get-parameter --name /x --with-decryption --output text'],
      ...['aws configure get aws_secret_access_key', 'gcloud auth print-access-token'],
      ...['gcloud secrets versions access latest --secret x', 'az account get-access-token -o tsv'],
      ...['az keyvault secret show --name x --query value -o tsv', 'tofu output -raw db_password'],
      ...['argocd admin initial-password -n x', 'kubectl create token x', 'heroku auth:token'],
      ...["kubectl get secret x -o jsonpath='{.data.password}' | base64 -d", 'gh auth token'],
      ...['vault kv get -field=x secret/y', 'printenv API_TOKEN', 'echo "$' + '{DB_PASSWORD}"'],
      ...['echo $DB_PASSWORD', `printf '%s' "$API_KEY"`, 'node -p process.env.API_KEY'],
      ...[
        `python3 -c 'import os; print(os.environ["API_KEY"])'`,
        'grep API_KEY .env | cut -d= -f2',
      ],
      ...["python3 -c 'import secrets; print(secrets.token_hex(16))'", 'jq -r .api_key a.json'],
      ...['npm config get //registry.npmjs.org/:_authToken', 'yq .db.password a.yml'],
      ...['git config --get github.token', 'cat /run/secrets/x', 'cat ~/.npm_token'],
      ...['cat config/master_key.txt'],
    ].map((command): [string, string] => [
      `$ ${command}\n${key}`,
      `$ ${command}\n[REDACTED:password]`,
    ]),
    [`$ pass show mail/ann\n${pw}`, '$ pass show mail/ann\n[REDACTED:password]'],
    [`$ op read op://a/b/c\n${strong}`, '$ op read op://a/b/c\n[REDACTED:password]'],
    [`# cat ~/.vault_pass\n${key}`, '# cat ~/.vault_pass\n[REDACTED:password]'],
    [
      `- name: DB_PASSWORD\r\n  value: ${pw}\r`,
      '- name: DB_PASSWORD\r\n  value: [REDACTED:password]\r',
    ],
    [`psk: |\r\n  ${pw}\r`, 'psk: |\r\n  [REDACTED:password]\r'],
    [`tool --token \\\r\n  ${key}\r`, 'tool --token \\\r\n  [REDACTED:secret]\r'],
    [
      `<Key>Password</Key>\n<Value Protected="True">${pw}</Value>`,
      '<Key>Password</Key>\n<Value Protected="True">[REDACTED:password]</Value>',
    ],
    [`API key created.\n${key}`, 'API key created.\n[REDACTED:secret]'],
    [
      `Copy this token now, you will not see it again:\n\n  ${key}`,
      'Copy this token now, you will not see it again:\n\n  [REDACTED:secret]',
    ],
  ]
  for (const [text, expected] of found) {
    it(`are taken out of ${JSON.stringify(expected)}`, () => {
      for (const around of ['', 'last', 'one\ntwo']) {
        const [whole, wanted] = [text, expected].map((one) => `${one}\n${around}`)
        expect(redactor.text(`first\n${whole}`).value).toBe(`first\n${wanted}`)
        for (const blocks of splits(whole as string)) {
          const stream = createRedactor().openStream()
          expect(blocks.map((block) => stream.lines(block).value).join('\n')).toBe(wanted)
        }
      }
    })
  }

  /** A text as blocks of lines: each by itself, and whatever two there can be. */
  function splits(text: string): string[][] {
    const lines = text.split('\n')
    const halves = lines.map((_, at) => [lines.slice(0, at), lines.slice(at)])
    return [lines, ...halves.slice(1).map((two) => two.map((some) => some.join('\n')))]
  }

  it('are no repetition of their name when it only ends with a digit of theirs', () => {
    expect(redactor.text("set -gx DB_PASSWORD2 'пароль!2дома'").value).toBe(
      "set -gx DB_PASSWORD2 '[REDACTED:password]'",
    )
  })

  it('are left when they are no secrets', () => {
    for (const text of [
      'name: API_KEY\nvalue: $TOKEN',
      'name: API_KEY\nrequired: true',
      'token: |\n  echo something long',
      'Password:\nroot@1a2b3c4d:/#',
      'Password:\nbash-5.1$',
      'token:\n  type: string\n  default: none',
      `secret\nother: ${key}`,
      'API key\nsee-the-manual-for-it',
      `password:\n  description: x\nvalue: ${key}`,
      'password:\n  required',
      `secrets: |\n  token=$${brace}TOKEN}`,
      'tool --token \\\n  --other \\\n  value1234',
      'see curl,\n-u user:11:22:33 x',
      '"name": "lodash",\n"value": "4.17.21-beta-1a2b3c4d"',
      'SSH key created.\n/root/.ssh/id_ed25519_work_2024.pub',
      'The token was created.\nserver-2024-01-01-backup.tar.gz',
      `$ cat token_test.go\n${key}`,
      `$ echo $HOME\n${key}`,
      `$ jq .version package.json\n${key}`,
      `$ grep name a.json | cut -c2-\n${key}`,
      `echo $API_TOKEN\n${key}`,
    ]) {
      expect(redactor.text(text)).toEqual({ value: text, counts: undefined })
      const stream = createRedactor().openStream()
      for (const line of text.split('\n')) expect(stream.lines(line).value).toBe(line)
    }
  })
})

describe('command lines', () => {
  const found = [
    'kubectl create secret generic x --from-literal=a=VALUE',
    'aws ssm put-parameter --name /x --value VALUE --type SecureString',
    'aws secretsmanager create-secret --name x --secret-string VALUE',
    'gh secret set X --body VALUE',
    'gh secret set X -b"VALUE"',
    '7z x -pVALUE a.7z',
    'ssh-keygen -t ed25519 -N "VALUE" -f k',
    'poetry config pypi-token.pypi VALUE',
    'poetry config http-basic.x user VALUE',
    'bundle config gems.x.test user:VALUE',
    'dotnet nuget push x -k VALUE -s y',
    'nuget push x -ApiKey VALUE',
    'nomad job run -token VALUE x',
    'rabbitmqctl add_user a VALUE',
    'oras login -u x -p VALUE r',
    'doctl auth init -t VALUE',
    'cqlsh -u a -p VALUE',
    'echo VALUE | gh secret set X',
    'echo VALUE | sudo -S ls',
    'sudo -S <<< "VALUE"',
    'lftp -u a,VALUE h',
    'xfreerdp /u:a /p:VALUE',
    'snmpwalk -v2c -c VALUE h',
    'net use Z: //h/s /user:a VALUE',
    'mosquitto_pub -u a -P VALUE -t x',
    'nmcli dev wifi connect X password VALUE',
    'http -a admin:VALUE GET x',
    '::add-mask::VALUE',
    "HTTPBasicAuth('a', 'VALUE')",
    "SecretStr('VALUE')",
    'Your password is: VALUE',
    'password of bob: VALUE',
    'Password of the admin user: VALUE',
    'htpasswd -b -c f bob VALUE',
    'htpasswd -bc f bob VALUE',
    'htpasswd -b -C 10 -c f bob VALUE',
    'htpasswd -n -b bob VALUE',
    'Set-Item -Path Env:DB_PASSWORD -Value "VALUE"',
    'Set-Item Env:/DB_PASSWORD VALUE',
    'A temporary password is generated for root@localhost: VALUE',
    'vault operator unseal VALUE',
    'wg set wg0 private-key <(echo VALUE) peer x',
    'bw list items --session VALUE',
    'xcrun altool --upload-app -u a@b.c -p VALUE',
    'sqlplus scott/VALUE@ORCL',
    'mc alias set x https://h ID VALUE',
    'influx config create -t VALUE -u x',
    'etcdctl --user root:VALUE get /',
    "echo 'VALUE' > .vault_pass",
    '127.0.0.1:6379> AUTH VALUE',
    '::set-output name=token::VALUE',
    "mysql -uroot '-pVALUE' -e x",
    "bash -c 'curl -u '\\''bob:VALUE'\\'' https://h'",
    "ALTER USER 'a'@'b' IDENTIFIED WITH mysql_native_password BY 'VALUE'",
    'CREATE USER a IDENTIFIED BY VALUE;',
    'CONFIG GET requirepass\n1) "requirepass"\n2) "VALUE"',
    '*:*:*:app:VALUE',
    'Driver=x;UID=sa;PWD={VALUE};',
    '%any %any : PSK "VALUE"',
    '    Key Content            : VALUE',
    'Password for the [elastic] user reset.\nNew value: VALUE',
    'PASSWORD elastic = VALUE',
    '<auth-user-pass>\nbob\nVALUE\n</auth-user-pass>',
    'username admin password 7 VALUE',
    'crypto isakmp key VALUE address 1.2.3.4',
    'BUNDLE_GEMS__X__COM: "ab12:VALUE"',
    'npmAuthIdent: "bob:VALUE"',
    'smtp.x.com    bob:VALUE',
    'Credentials: admin / VALUE',
    'I set the password to VALUE for now',
    '\u5bc6\u7801: VALUE',
    'Passwort: VALUE',
    'mysqli_connect("localhost", "root", "VALUE", "db")',
    "new PDO('mysql:host=x', 'root', 'VALUE')",
    'server.login("bob@x.com", "VALUE")',
    "crypto.createHmac('sha256', 'VALUE')",
    "jwt.sign(payload, 'VALUE', { expiresIn: 1 })",
    "await page.getByLabel('Password').fill('VALUE')",
    "await page.fill('#password', 'VALUE')",
    'hmac.new(b"VALUE", message, sha256)',
    'gh auth login --with-token <<< VALUE',
    'echo VALUE | gh auth login --with-token',
    'expect "assword:"\nsend "VALUE"',
    'Content-Disposition: form-data; name="password"\r\n\r\nVALUE\r\n--x--',
    'Content-Disposition: form-data; name="api_key"\nContent-Type: text/plain\n\nVALUE\n--x--',
    'driver.find_element(By.ID, "password").send_keys("VALUE")',
    '<wsse:Password Type="PasswordText">VALUE</wsse:Password>',
    '<meta name="csrf-token" content="VALUE" />',
    '<input type="password" name="pw" value="VALUE">',
    '<input type="hidden" name="csrf_token" value="VALUE">',
    'Array\n(\n    [password] => VALUE\n)',
    'variable "db_password" {\n  type    = string\n  default = "VALUE"\n}',
    'array(1) {\n  ["password"]=>\n  string(24) "VALUE"\n}',
    'buildConfigField("String", "API_KEY", "\\"VALUE\\"")',
    '| DB password | VALUE |',
    'got cookie cf_clearance=VALUE',
    "document.cookie = 'sid=VALUE; path=/'",
    '* Added cookie sid="VALUE" for domain x.com, path /',
    'x.com\tFALSE\t/\tTRUE\t0\tcf_clearance\tVALUE',
    "{ name: 'sid', value: 'VALUE', domain: '.x.com' }",
    "cookies.set('sid', 'VALUE')",
    "'set-cookie': [ 'sid=VALUE; Path=/' ]",
    '{"name":"sid","value":"VALUE","httpOnly":true}',
    'curl -sSu bob:VALUE https://h',
    'curl -x bob:VALUE@h:8080 https://h',
    "curl -b 'sid=VALUE' https://h",
    'ACL SETUSER bob on >VALUE ~*',
    'neo4j.auth.basic("neo4j", "VALUE")',
    'wpa_passphrase home VALUE',
    '<property><name>db.password</name><value>VALUE</value></property>',
    '<setting name="password">\n  <value>VALUE</value>\n</setting>',
    '<dt>API key</dt>\n<dd>VALUE</dd>',
    'security add-generic-password -a bob -s web -w VALUE',
    'ncftpput -u bob -p VALUE h / a.txt',
    'az sql server create -n x -u bob -p VALUE',
    'bw login bob@x.com VALUE',
    "ansible-vault encrypt_string 'VALUE' --name x",
    'snyk auth VALUE',
    'password = sensitive("VALUE")',
    'docker secret create x - <<< VALUE',
    "set :db_password, 'VALUE'",
    '-define(PASSWORD, "VALUE").',
    'rclone config create x s3 secret_access_key VALUE',
    'use the key VALUE for the API',
    'here is my key: VALUE',
    'Use VALUE as the API key',
  ]
  for (const text of found) {
    it(`lose the value of ${text}`, () => {
      const { value } = redactor.text(text.replace('VALUE', key))
      expect(value).toMatch(/\[REDACTED:[a-z-]+\]/)
      expect(value.replace(/\[REDACTED:[a-z-]+\]/, 'VALUE')).toBe(text)
    })
  }
})

describe('what a program prints of its own', () => {
  it('is one behind the command that prints it, and behind no other', () => {
    const marker = '[REDACTED:password]'
    for (const command of ['openssl rand -hex 24', "/bin/bash -lc 'pass show db'"]) {
      expect(redactor.text(`${key}\nurl: x\n`, `$ ${command}`)).toEqual({
        value: `${marker}\nurl: x\n`,
        counts: { password: 1 },
      })
    }
    expect(createRedactor().text('a1b2c3d4e5f6g7', '$ pwgen 14 1').value).toBe(marker)
    for (const command of ['git rev-parse HEAD', 'sha256sum pass', 'wc -c secrets']) {
      expect(redactor.text(key, `$ ${command}`)).toEqual({ value: key, counts: undefined })
    }
  })

  const [own, peer, shared] = ['x', 'y', 'z'].map((mark) => `${mark}${alnum(42)}=`)

  it('loses the keys of a WireGuard, and keeps the public ones', () => {
    const rows = (one: unknown, two: unknown) =>
      `${one}\t${peer}\t51820\toff\n${peer}\t${two}\t1.2.3.4:51820\t10.0.0.2/32\t0\t0\t0\toff`
    expect(redactor.text(rows(own, shared)).value).toBe(
      rows('[REDACTED:password]', '[REDACTED:password]'),
    )
    expect(redactor.text(`$ wg show wg0 preshared-keys\n${peer}\t${shared}`).value).toBe(
      `$ wg show wg0 preshared-keys\n${peer}\t[REDACTED:password]`,
    )
  })

  it("loses Twilio's token behind the account", () => {
    const call = (token: string) => `Client("AC${hex(32)}", "${token}")`
    expect(redactor.text(call(hex(32))).value).toBe(call('[REDACTED:password]'))
    expect(redactor.text(call('auth')).value).toBe(call('auth'))
  })

  it("loses Copilot's token, whatever is said in it", () => {
    const copilot = `tid=${hex(32)};exp=1718000000;sku=x;st=dotcom;8kp=1:${hex(64)}`
    expect(redactor.text(`got ${copilot}\n`).value).toBe('got [REDACTED:password]\n')
    expect(redactor.text(`authorization: Bearer ${copilot}`).value).toBe(
      'authorization: Bearer [REDACTED:password]',
    )
  })

  it('loses the password of an app, and keeps words of four letters', () => {
    for (const text of [
      `App password: ${app}`,
      `the Gmail app password ${app} is`,
      `SMTP_PASS=${app}`,
    ])
      expect(redactor.text(text).value).toBe(text.replace(app, '[REDACTED:password]'))
    const prose = 'Your app password will need some more care'
    expect(redactor.text(prose).value).toBe(prose)
  })

  it('loses what is inserted into columns of secrets', () => {
    const rows = (one: string, two: string) =>
      `INSERT INTO users (id, name, password, mail) VALUES (1, 'b(x)', '${one}', 'a@b'),\n (2, 'it''s', '${two}', NULL);`
    expect(redactor.text(rows(pw, strong)).value).toBe(
      rows('[REDACTED:password]', '[REDACTED:password]'),
    )
    const others = "INSERT INTO users (id, name) VALUES (1, 'ab1cd2x9ab1cd2x9')"
    expect(redactor.text(others).value).toBe(others)
  })
})

describe('what people say of a password', () => {
  const found = [
    'set the password to VALUE please',
    'change the root password to VALUE',
    'my password is VALUE.',
    'the password is `VALUE`',
    'log in as bob with password VALUE.',
    'log in with user bob and password VALUE',
    'user bob password VALUE',
    'user: bob, pass: VALUE',
  ]
  // A word and a number, a word and a mark, letters for others, marks in the middle.
  const chosen = [made, `${made}!`, pw, ['Tr0', 'mb4', 'ne'].join(''), `${made}&3`]
  for (const text of found) {
    it(`is taken out of ${text}`, () => {
      for (const value of chosen) {
        const { value: kept } = redactor.text(text.replace('VALUE', value))
        expect(kept.replace(/\[REDACTED:[a-z]+\]!?/, 'VALUE')).toBe(text)
      }
    })
  }

  it('is left where it tells how passwords are kept', () => {
    for (const text of [
      'the password is base64-encoded, your password is sha256(salt), set the password to utf8mb4',
      'with password pbkdf2-sha256, using password scrypt-16384, with password 12-character limits',
      'az webapp create -g group -p plan-2024-linux',
      'use int64_t as the key, use customer_id_2 as the token, use "cache-key-v2" as the secret',
      `gpg: using the key ${hex(40).toUpperCase()}, use the key ${hex(16).toUpperCase()}`,
      'auth = { username: basic[0], password: basic[1], pass: basic1[1] }',
      'PASS: ld-i386/lea1a\nPASS: lto-18d.o\nPASS: gas/x86-64-v3b1c',
    ]) {
      expect(redactor.text(text)).toEqual({ value: text, counts: undefined })
    }
  })
})

describe('headers', () => {
  const found: readonly [text: string, expected: string][] = [
    [`Authorization: Bearer ${key}`, 'Authorization: Bearer [REDACTED:authorization]'],
    [`authorization: token ${key}`, 'authorization: token [REDACTED:authorization]'],
    ['Authorization: Basic dXNlcjpwYXNz', 'Authorization: Basic [REDACTED:authorization]'],
    [
      `curl -H "Authorization: Bearer ${key}" x`,
      'curl -H "Authorization: Bearer [REDACTED:authorization]" x',
    ],
    [`{"Authorization":"Bearer ${key}"}`, '{"Authorization":"Bearer [REDACTED:authorization]"}'],
    [`Proxy-Authorization: ${key}`, 'Proxy-Authorization: [REDACTED:authorization]'],
    [
      `Authorization: AWS4-HMAC-SHA256 Credential=a/b, Signature=${hex(64)}`,
      'Authorization: AWS4-HMAC-SHA256 [REDACTED:authorization]',
    ],
    [`Cookie: a=1; sid=${key}`, 'Cookie: [REDACTED:cookie]'],
    [
      `Set-Cookie: sid=${key}; Path=/; HttpOnly`,
      'Set-Cookie: sid=[REDACTED:cookie]; Path=/; HttpOnly',
    ],
  ]
  for (const [text, expected] of found) {
    it(`takes the credentials of ${expected}`, () => {
      expect(redactor.text(text).value).toBe(expected)
    })
  }
})

describe('addresses', () => {
  const found: readonly [text: string, expected: string][] = [
    [`postgres://app:${pw}@db:5432/x`, 'postgres://app:[REDACTED:url-password]@db:5432/x'],
    [`redis://:${pw}@cache`, 'redis://:[REDACTED:url-password]@cache'],
    [`git clone https://u:${pw}@h/r.git`, 'git clone https://u:[REDACTED:url-password]@h/r.git'],
    [`"url":"https:\\/\\/u:${pw}@h"`, '"url":"https:\\/\\/u:[REDACTED:url-password]@h"'],
    [`https://${key}@h/r.git`, 'https://[REDACTED:url-password]@h/r.git'],
    [`https://${key}:x-oauth-basic@h`, 'https://[REDACTED:url-password]:x-oauth-basic@h'],
    [`https://x-[REDACTED:a-b],y:${pw}@h`, 'https://x-[REDACTED:a-b][REDACTED:url-password]@h'],
    [`https://[REDACTED:a-b]:${pw}@h`, 'https://[REDACTED:a-b]:[REDACTED:url-password]@h'],
    ['amqp://u:p@ss@host', 'amqp://u:[REDACTED:url-password]@host'],
    [`curl -u user:${pw} https://h`, 'curl -u user:[REDACTED:password] https://h'],
    [
      `curl -s --user 'user:${pw}' https://h`,
      "curl -s --user 'user:[REDACTED:password]' https://h",
    ],
  ]
  for (const [text, expected] of found) {
    it(`takes the password of ${expected}`, () => {
      expect(redactor.text(text).value).toBe(expected)
    })
  }
})

describe('what is no secret', () => {
  const benign = [
    'the token is invalid, key is required, password 8-20 characters, password authentication2',
    'xmlParseNmtoken\t\t(xmlParserCtxtPtr ctxt);',
    'SET_PASSWORD = "SetPassword" STORAGE_V1_CLIENT_KEY = "storage_v1_client"',
    'Cannot specify --password with empty --username, see the --password options',
    '{"password":"at least 8 characters are required","mnemonic":"vaddps2x"}',
    'secret: arn:aws:secretsmanager:eu-west-1:123456789012:secret:x-aB3dE5',
    '{"x-token": imdsv2_session_token}',
    'private_key: SSHPrivateKeyTypes,',
    'max_tokens: 4096, "input_tokens":2405,"max_token": 8',
    'token: 3',
    '  id-token: write\n  secrets: inherit',
    '{"nextPageToken":"CAUQAA"}',
    'self.password = password',
    'login(user=user, password=password)',
    'const token = await getToken()',
    'token = req.headers.token',
    'password = process.env.DB_PASSWORD1',
    'token: string, password?: string, secret: Uint8Array',
    'if (token == null) return',
    'PWD=/home/user/project1 OLDPWD=/home/user/x2',
    'a.b.c foo.barBaz.qux2 Microsoft.VisualStudio.Component.VC',
    '123e4567-e89b-12d3-a456-426614174000 01JH8XV2Q3N4P5R6S7T8V9W0XY',
    `commit ${hex(40)} sha256:${hex(64)}`,
    `"integrity": "sha512-${alnum(86)}=="`,
    `modernc.org/token v1.1.0/go.mod h1:${alnum(43)}=`,
    `data:image/png;base64,iVBORw0KGgo${'AAAA/EAAA+b9'.repeat(40)}==`,
    'key-derivation: pbkdf2-sha256-iterations-100000-rounds',
    `GITHUB_TOKEN=$TOKEN PASSWORD=$${brace}PASS} token=<token> api_key=your-api-key-here`,
    `password=xxxxxxxx secret=*** token: $${brace}{ secrets.GITHUB_TOKEN }}`,
    'Authorization: Bearer $TOKEN',
    'Authorization: Bearer <token>',
    'authorization: required',
    '"cookie": "^0.7.1", "cookie": ">=0.7"',
    'password_file=/run/secrets/db1 SECRET=/run/secrets/x9',
    'https://example.com:8080/a@b http://localhost:3000/@scope/pkg@1.2.3',
    'git@github.com:owner/repo.git npm:foo@1.0.0',
    '--token TOKEN   the token; --password <password>; --api-key string',
    `[REDACTED:password]: ${key} and "[REDACTED:secret]": ${key}`,
    'bearer token authentication, see the Bearer scheme',
    'a.charset==="jwt"||end2-body<12 token||value1-rest2',
    'see `curl -u user:password` and mysql -pPASSWORD, or login USERID password "PASSWORD"',
    'your login and password for ftp, login with password or key',
    'ResultPass = Resolver->getAnalysisIfAvailable(PI)',
    "pat = '^\\s*hi\\%[ghlight]\\s*clear'",
    '[Pre-shared keys]: #pre-shared-keys',
    ' * @KX_RSA_PSK: RSA-PSK key-exchange',
    '#define SN_kx_psk "KxPSK"',
    '#define SN_id_passphrase "id-passphrase"',
    'self, private_key: ed25519.Ed25519PrivateKey, x: y',
    'ssh://a-user-whose-name-is-long@host https://some.person@host/x',
    `${'A'.repeat(32)}LwGAAAS${'A'.repeat(25)}L0IAAAS`,
    'kubectl create configmap x --from-literal=LEVEL=debug1',
    `{"NextToken":"${alnum(60)}","nextToken":"${alnum(60)}"}`,
    `GPG_KEY=${hex(40).toUpperCase()}`,
    'The key is users_v2, your token is valid until 2024-01-01, the key is access-key-2',
    `https://${hex(32)}@o1.ingest.sentry.io/1`,
    '{"pass": 12, "fail": 0, "pass": "12 of 14"}',
    'docker run -u 1000:1000 image',
    'pwd: "/home/u1/x" pass: 12, pass: suite-2, pw: abc1, "pwd":"src"',
    'password: "[A-Za-z0-9]{8}" password: "<x1y2z3A4b5C6>" password = "%Y-%m-%dT%H:%M:%SZ"',
    'password: "!vault |", password: "$dbPassword1", secret: "{{ x.y }}", password: "*"',
    'password: $1$2, "password": "set via cli", "password": "Forgot Your Password Again"',
    'x86_cpu_PAT\t\t\t= x86_cpu_index_1_edx + 16,',
    'sk_ASN1_STRING_TABLE_set_cmp_func(sk) sk_X509_NAME_ENTRY_compfunc',
    'get_token (self): return1234',
    'print(f"password={password!r}") #define OBJ_challengePassword    OBJ_pkcs9,7L',
    '$ cat package.json\n{"name":"ab12"}\n$ openssl rand --help\nUsage:\n$ git show ab1cd2ef3',
    '<input type="password" name="pw" value="">, <input name="q" value="ab1cd2x9">',
    'docker run --user 1000:1000 x, docker run --user node:node x',
    '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----',
    'sk-learn-compatible-estimators-for-machine-learning-2',
    'npm_config_registry=https://registry.npmjs.org npm_package_name_is_a_long_name_for_x1',
    'secret: "windows2022", {"token":"comma2024"}, imagePullSecret: "regcred2024"',
    'clientSecret: "clientSecret01", jwtSecret: \'testing123\', appSecret: "AppSecret02"',
    'clientSecret: "windows2022", jwtSecret: "ubuntu2204", appSecret: \'node18\'',
    `the token for the image is sha256:${hex(64)}`,
    'set password for user = new, SET PASSWORD FOR app = $1',
    "password = '' or name == '', secret = ''; other = 'abcdef123456'",
    'def f(token=""): """Return the token: """',
    "password: don't1 'x', token: 'abc'd1, API_TOKEN='$(x)'",
    '{token, "utf8"}, { DB_PASSWORD, "db-password" }, {token, "utf8", "x1"}',
    '<input value="Sign in 2" name="login">, <input value="" name="password">',
    '"value": "5", "name": "max_token", token：请参考 README.md',
    'token: !Ref ApiToken2, password: !secret api_password_1',
    '&quot;token&quot;: &quot;string&quot;, token=&quot;$TOKEN&quot; && a &amp;&amp; b',
    '    Token    REG_SZ    C:\\Windows\\System32\\a1.dll',
    'add_argument("--password", "-p"), ["--password", "--username"], ["--token", "token-file-2"]',
    'DB_PASSWORD ?= $(POSTGRES_PASSWORD) TOKEN ?= $(shell cat x)\npassword?: string',
    'password: str = Field(..., min_length=8) token: str = Field("access_token")',
    'the token for main is tokens[0].value, the API key for x is OPENAI_API_KEY1',
    'the token for this request is invalid, password for user is utf8mb4_bin',
    'querySelector("#password", "input1")',
    'form-data; name="file"; filename="a"\n\nab12cd34\nform-data; name="password"\n\n$1abc',
    'Your token:\n\nSee https://example.test for what to do with version2',
    'drwxr-xr-x 2 root root 4096 Nov 21 02:10 some-very-long-directory-name-with-digits-123',
  ]
  for (const text of benign) {
    it(`leaves ${text.slice(0, 60).replaceAll('\n', ' ')}`, () => {
      const { value, counts } = redactor.text(text)
      expect(value).toBe(text)
      expect(counts).toBeUndefined()
    })
  }
})
