/** How command lines tell passwords. */

import { type Form, form, upTo } from './form.ts'

const has = (flag: string) => `[^\\n|;&]{0,40}?[ \\t]-\\w{0,7}${flag}`
const flags = '(?:[ \\t]+-(?:C[ \\t]+[0-9]{1,2}|\\w{1,8})){1,6}[ \\t]+'

/** Short flags mean other things elsewhere, so each is known by its program. */
export const commands: readonly Form[] = [
  form('sshpass', '\\bsshpass[ \\t]+-p[ \\t]?'),
  form('mysql|mariadb', `\\b(?:mysql\\w{0,8}|mariadb)\\b${upTo('mysql|mariadb')}[ \\t]["']?-p`),
  form('mongo', `\\bmongo\\w{0,8}\\b${upTo('mongo')}[ \\t]-p[ \\t]?`),
  form('redis-cli', `\\bredis-cli\\b${upTo('redis-cli')}[ \\t](?:-a|AUTH)[ \\t]+`),
  form(
    'login',
    `\\blogin\\b(?<=\\b(?:docker|podman|helm|az|oc|skopeo|crane|buildah|nerdctl|oras)\\b[^\\n|;&]{0,80})${upTo('login')}[ \\t]-p[ \\t]?`,
  ),
  form(
    '--password-stdin',
    '\\becho[ \\t]+(?:-n[ \\t]+)?',
    '(?=[ \\t]*\\|[^\\n|]{0,120}--password-stdin)',
  ),
  form(
    'echo |printf ',
    '\\b(?:echo|printf)[ \\t]+(?:-n[ \\t]+)?',
    '(?=[ \\t]*\\|[^\\n|]{0,80}\\b(?:secrets? (?:put|set|create|versions add)|env add|auth login|sudo[ \\t]+(?:-\\w+[ \\t]+){0,4}-S|passwd[ \\t]+--stdin|kinit|cryptsetup)\\b)',
  ),
  form(
    '<<<',
    '\\b(?:sudo[ \\t]+-S|kinit|auth[ \\t]login|(?:secret|env)[ \\t](?:set|put|add|create))\\b[^\\n|;&]{0,80}?<<<[ \\t]*',
  ),
  form('wpa_pass', '\\bwpa_passphrase[ \\t]+(?:"[^"\\n]{1,32}"|[^\\s"-]{1,32})[ \\t]+(?=\\S{8})'),
  form('send ', 'assword[^\\n{]{0,20}[{\\n][ \\t]{0,8}send[ \\t]+(?:--[ \\t]+)?'),
  form('net use', `\\bnet[ \\t]+use\\b${upTo('net')}/user:\\S{1,64}[ \\t]+`),
  form('freerdp', `freerdp\\w{0,8}\\b${upTo('freerdp')}[ \\t]/p:`),
  form('lftp', `\\blftp\\b${upTo('lftp')}[ \\t]-u[ \\t]+[^\\s,]{1,64},`),
  form(
    'snmp',
    `\\bsnmp(?:walk|get|set|bulkwalk)\\b${upTo('snmp')}[ \\t]-c[ \\t]+(?!(?:public|private)\\b)`,
  ),
  form(':::', '(?<=:[0-9]{1,10}:)(?=[0-9a-f]{32}:[0-9a-f]{32}:::)'),
  form('chpasswd', `\\becho[ \\t]+["']?[\\w.-]{1,64}:`, `["']?(?=[ \\t]*\\|[^\\n|]{0,40}chpasswd)`),
  form('openssl', `\\bopenssl\\b${upTo('openssl')}[ \\t]-(?:pass(?:in|out)?[ \\t]+pass:|k[ \\t]+)`),
  form('zip ', `\\b(?:zip|unzip)\\b${upTo('zip')}[ \\t]-P[ \\t]?`),
  form('7z |7za |rar ', `\\b(?:7za?|rar|unrar)\\b${upTo('7z|rar')}[ \\t]-(?:h?p)`),
  form('storepass|keypass', `[ \\t]-(?:dest|src)?(?:store|key)pass(?:word)?[ \\t]+`),
  form('ldap', `\\bldap\\w{3,8}\\b${upTo('ldap')}[ \\t]-w[ \\t]?`),
  form('htpasswd', `\\bhtpasswd(?=${has('b')})(?=${has('n')})${flags}\\S+[ \\t]+`),
  form('htpasswd', `\\bhtpasswd(?=${has('b')})(?!${has('n')})${flags}\\S+[ \\t]+\\S+[ \\t]+`),
  form('sqlcmd|bcp |osql', `\\b(?:sqlcmd|bcp|osql)\\b${upTo('sqlcmd|bcp|osql')}[ \\t]-P[ \\t]?`),
  form(
    'smbclient|smbmap|rpcclient',
    `\\b(?:smbclient|smbmap|rpcclient)\\b${upTo('smbclient|smbmap|rpcclient')}[ \\t]-U[ \\t]?["']?[\\w.\\\\/-]{1,64}%`,
  ),
  form('twine', `\\btwine\\b${upTo('twine')}[ \\t]-p[ \\t]?`),
  form('cargo', '\\bcargo[ \\t]+login[ \\t]+'),
  form('setApiKey', '\\bsetApiKey[ \\t]+'),
  form('::add-mask::', '::add-mask::'),
  form('nuget', `\\bnuget[ \\t]+push\\b${upTo('nuget')}[ \\t]-k[ \\t]+`),
  form('poetry', '\\bpoetry[ \\t]+config[ \\t]+pypi-token\\.\\S{1,64}[ \\t]+'),
  form('http-basic', '\\bhttp-basic\\.\\S{1,120}[ \\t]+\\S{1,64}[ \\t]+'),
  form('bundle', `\\bbundle[ \\t]+config\\b${upTo('bundle')}[ \\t][\\w.-]{1,64}:`),
  form(
    'secret set',
    `\\bgh[ \\t]+secret[ \\t]+set\\b${upTo('secret')}[ \\t](?:-b[ \\t]?|--body[ =])`,
  ),
  form('doctl', `\\bdoctl\\b${upTo('doctl')}[ \\t]-t[ \\t]+`),
  form('ssh-keygen', `\\bssh-keygen\\b${upTo('ssh-keygen')}[ \\t]-[NP][ \\t]+`),
  form('rabbitmqctl', '\\brabbitmqctl[ \\t]+(?:add_user|change_password)[ \\t]+\\S{1,64}[ \\t]+'),
  form('cqlsh', `\\bcqlsh\\b${upTo('cqlsh')}[ \\t]-p[ \\t]*`),
  form('mosquitto_', `\\bmosquitto_\\w{3,4}\\b${upTo('mosquitto_')}[ \\t]-P[ \\t]+`),
  form('nmcli', `\\bnmcli\\b${upTo('nmcli')}[ \\t]password[ \\t]+`),
  form('http -a|https -a', '\\bhttps?[ \\t]+-a[ \\t]+[^\\s:]{1,64}:'),
  form(
    'put-parameter',
    `\\bput-parameter\\b(?=[^\\n]{0,300}\\bSecureString\\b)[^\\n]{0,200}?[ \\t]--value[ =]`,
  ),
  form('--from-literal', `--from-literal[ =]["']?[\\w.-]{1,128}=(?<=\\bsecret [^\\n]{0,400}?)`),
  // As Go and PowerShell have long flags.
  form(
    ' -token | -password | -Password | -ApiKey | -apikey | -secret ',
    '[ \\t]-(?:token|[Pp]assword|ApiKey|apikey|secret)[ \\t]+(?=["\']?[^\\s-]\\S{0,64}[0-9])',
  ),
  form(
    'composer',
    `\\bcomposer[ \\t]+config\\b${upTo('composer')}\\b(?:[\\w-]{1,24}oauth|[\\w-]{1,24}token|bearer)\\.\\S{1,120}[ \\t]+`,
  ),
  form('authtoken', '\\b(?:add-)?authtoken[ \\t:]+'),
  form('snmp-server', '\\bsnmp-server[ \\t]+community[ \\t]+'),
  form('SecureString', '\\bConvertTo-SecureString[ \\t]+(?:-String[ \\t]+)?'),
  form('unseal', '\\boperator[ \\t]+unseal[ \\t]+(?=[^\\s-])'),
  form('ate-key|red-key', '\\bp(?:rivate|reshared)-key[ \\t]+<\\(echo[ \\t]+'),
  form('--session', `\\bbw\\b${upTo('bw')}[ \\t]--session[ =]`),
  form(
    'altool|rytool',
    `\\b(?:altool|notarytool)\\b${upTo('altool|notarytool')}[ \\t]-p[ \\t]+(?!@)`,
  ),
  form('sqlplus', '\\bsqlplus[ \\t]+(?:-\\w+[ \\t]+){0,3}[\\w$#]{1,64}/', '(?=@)'),
  form('lias set', '\\bmc[ \\t]+alias[ \\t]+set(?:[ \\t]+\\S{1,200}){3}[ \\t]+'),
  form('influx', `\\binflux\\b${upTo('influx')}[ \\t]-t[ \\t]+`),
  form(
    '--user ',
    '[ \\t]--user[ \\t]["\']?[\\w.@-]{1,64}:(?=[^\\s/:]*[A-Za-z])(?=[^\\s/]{0,60}[0-9])',
  ),
  form(
    'echo |printf ',
    '\\b(?:echo|printf)[ \\t]+(?:-n[ \\t]+)?(?=["\']?\\S{0,80}[0-9])',
    '["\']?(?=[ \\t]*>{1,2}[ \\t]*[\\w./~-]{0,100}(?:pass(?:word|wd|phrase)?|secret|token|credential|privatekey)s?(?:\\.\\w{1,8})?(?:\\s|$))',
  ),
  form('> AUTH ', '> AUTH[ \\t]+(?:\\w{1,64}[ \\t]+(?=\\S))?'),
  form('::set-o', '::set-output name=[\\w-]{0,40}(?:token|secret|password|key)::'),
  form('cypher-shell', `\\bcypher-shell\\b${upTo('cypher-shell')}[ \\t]-p[ \\t]+`),
  form(
    'psexec|PsExec|evil-winrm|nxc |crackmapexec|rdesktop|certutil',
    `\\b(?:[Pp]s[Ee]xec|evil-winrm|nxc|crackmapexec|rdesktop|certutil)\\b${upTo('psexec|evil-winrm|nxc|rdesktop|certutil')}[ \\t]-p[ \\t]+(?=\\S{0,64}[0-9!#%^&*])`,
  ),
  form(
    'plink|pscp|psftp',
    `\\b(?:plink|pscp|psftp|putty)\\b${upTo('plink|pscp|psftp')}[ \\t]-pw[ \\t]+`,
  ),
  form('ipmitool', `\\bipmitool\\b${upTo('ipmitool')}[ \\t]-P[ \\t]+`),
  form('snmp', `\\bsnmp(?:walk|get|set|bulkwalk)\\b${upTo('snmp')}[ \\t]-A[ \\t]+`),
  form('snmp', `\\bsnmp(?:walk|get|set|bulkwalk)\\b${upTo('snmp')}[ \\t]-X[ \\t]+`),
  form('schtasks', `\\bschtasks\\b${upTo('schtasks')}[ \\t]/rp[ \\t]+`),
  form('signtool', `\\bsigntool\\b${upTo('signtool')}[ \\t]/p[ \\t]+`),
  form(
    'net use|net user',
    '\\bnet[ \\t]+(?:use[ \\t]+(?:\\w:|\\*)?[ \\t]*\\\\\\\\\\S{1,128}|user[ \\t]+[\\w.-]{1,64})[ \\t]+(?!/)(?=\\S{0,64}[0-9])(?=\\S{8})',
  ),
  form('vault login', '\\bvault[ \\t]+login[ \\t]+(?=[\\w.-]{16})(?=\\S{0,64}[0-9])'),
  form('bw unlock', '\\bbw[ \\t]+unlock[ \\t]+(?=[^\\s-])(?=\\S{0,64}[0-9])'),
  form(
    'rclone',
    '\\brclone[ \\t]+(?:obscure|config[ \\t]+create\\b[^\\n|;&]{0,120}?[ \\t](?:pass|\\w{0,24}(?:secret|_key|token|password)\\w{0,24}))[ \\t]+(?=\\S{0,64}[0-9])',
  ),
  form(
    'az sql|az postgres|az mysql',
    `\\baz[ \\t]+(?:sql|postgres|mysql)\\b${upTo('az ')}[ \\t]-p[ \\t]+`,
  ),
  form('bw login', '\\bbw[ \\t]+login[ \\t]+\\S{1,64}@\\S{1,64}[ \\t]+(?=[^\\s-])'),
  form('encrypt_string', '\\bansible-vault[ \\t]+encrypt_string[ \\t]+(?=["\']?[^\\s-])'),
  form(
    'snyk auth|service install',
    '\\b(?:snyk[ \\t]+auth|cloudflared[ \\t]+service[ \\t]+install)[ \\t]+(?=\\S{16})(?=\\S{0,64}[0-9])',
  ),
  form('sensitive(', '\\bsensitive\\((?="[^"]{4})'),
  form('ncftp', `\\bncftp\\w{0,5}\\b${upTo('ncftp')}[ \\t]-p[ \\t]+`),
  form(
    'eric-password|rnet-password',
    `\\bsecurity[ \\t]+add-\\w{1,16}-password\\b${upTo('security')}[ \\t]-w[ \\t]+`,
  ),
  form('keyvault', `\\bkeyvault[ \\t]+secret[ \\t]+set\\b${upTo('keyvault')}[ \\t]--value[ =]`),
  form(
    'user-secrets set',
    '\\buser-secrets[ \\t]+set[ \\t]+["\']?[\\w:.-]{0,100}(?:[Pp]assword|[Ss]ecret|[Kk]ey|[Tt]oken)["\']?[ \\t]+',
  ),
  form(
    '--passphrase-fd',
    '\\b(?:echo|printf)[ \\t]+(?:-\\w+[ \\t]+)?',
    '(?=[ \\t]*\\|[^\\n|]{0,80}--passphrase-fd)',
  ),
  form('kubeadm', `\\bkubeadm\\b${upTo('kubeadm')}[ \\t](?=[a-z0-9]{6}\\.[a-z0-9]{16}\\b)`),
  {
    words: ['curl'],
    pattern: new RegExp(
      `\\bcurl\\b${upTo('curl')}[ \\t](?:-b|--cookie)[ =]?(?:["'](?:[\\w.-]{1,64}=([^"'\\s;]{12,4096})["'\\s]|([\\w.-]{1,64}=[^"'\\n]{12,4096})["'])|[\\w.-]{1,64}=([^"'\\s;]{12,4096}))`,
      'g',
    ),
  },
  form('curl', `\\bcurl\\b${upTo('curl')}[ \\t](?:-x|--proxy|-U)[ =]?["']?[\\w.-]{1,64}:`, '(?=@)'),
]
