"""Made-up secrets in the shapes in which logs, objects and alerts carry them. All are built here, so that no scanner
takes one for real."""

import base64
import json
from collections.abc import Callable, Iterator

MIXED = "q7Xw2Rk9Zt4Lm6Vb8Np3Hs5Jd1Fg0Cy"  # letters and digits as tokens have them


def chars(length: int, alphabet: str = MIXED) -> str:
    return (alphabet * (length // len(alphabet) + 1))[:length]


def hexes(length: int) -> str:
    return chars(length, "3fa9c07be158d264")


def _caps(length: int) -> str:
    return chars(length, "Q7XW2RK5ZT4LM6VB")


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


PASSWORD = "hunter2pw"
WORDS = "correct horse, battery9"  # a password of several words
SYMBOLS = "p@ss/w0rd:x"

# Tokens that are known by their own letters, wherever they stand.
TOKENS: dict[str, str] = {
    "aws key": "AKIA" + _caps(16),
    "aws temporary key": "ASIA" + _caps(16),
    "aws bedrock": "ABSK" + chars(100),
    "github": "ghp_" + chars(36),
    "github app": "ghs_" + chars(36),
    "github refresh": "ghr_" + chars(36),
    "github fine-grained": "github_pat_" + chars(82),
    "gitlab": "glpat-" + chars(20),
    "gitlab deploy": "gldt-" + chars(20),
    "gitlab runner": "glrt-" + chars(20),
    "gitlab pipeline": "glptt-" + hexes(40),
    "gitlab agent": "glagent-" + chars(50),
    "gitlab feed": "glft-" + chars(20),
    "gitlab job": "glcbt-64_" + chars(20),
    "gitlab registration": "GR1348941" + chars(20),
    "slack bot": "xoxb-" + "123456789012-123456789012-" + chars(24),
    "slack user": "xoxp-" + "1234567890-1234567890-1234567890-" + hexes(32),
    "slack app": "xapp-1-" + _caps(11) + "-1234567890123-" + hexes(64),
    "slack webhook": "https://hooks.slack.com/services/" + "T" + _caps(9) + "/B" + _caps(9) + "/" + chars(24),
    "slack workflow": "https://hooks.slack.com/workflows/" + "T" + _caps(9) + "/A" + _caps(9) + "/" + chars(24),
    "discord webhook": "https://discord.com/api/webhooks/123456789012345678/" + chars(68),
    "teams webhook": "https://acme.webhook.office.com/webhookb2/"
    + hexes(32)
    + "@"
    + hexes(32)
    + "/IncomingWebhook/"
    + hexes(32),
    "google chat webhook": "https://chat.googleapis.com/v1/spaces/AAAA/messages?key="
    + chars(39)
    + "&token="
    + chars(43),
    "stripe": "sk_live_" + chars(24),
    "stripe restricted": "rk_prod_" + chars(24),
    "stripe webhook": "whsec_" + chars(32),
    "twilio": "SK" + hexes(32),
    "sendgrid": "SG." + chars(22) + "." + chars(43),
    "sendinblue": "xkeysib-" + hexes(64) + "-" + chars(16),
    "mailgun": "key-" + hexes(32),
    "mailchimp": hexes(32) + "-us12",
    "npm": "npm_" + chars(36),
    "pypi": "pypi-AgEIcHlwaS5vcmc" + chars(70),
    "rubygems": "rubygems_" + hexes(48),
    "docker hub": "dckr_pat_" + chars(27),
    "artifactory": "AKCp" + chars(69),
    "artifactory reference": "cmVmd" + chars(59),
    "nuget": "oy2" + chars(43, "abc2def3"),
    "digitalocean": "dop_v1_" + hexes(64),
    "heroku": "HRKU-AA" + chars(58),
    "fly.io": "fo1_" + chars(43),
    "alibaba": "LTAI" + chars(20),
    "cloudflare origin": "v1.0-" + hexes(24) + "-" + hexes(146),
    "openshift": "sha256~" + chars(43),
    "supabase": "sbp_" + hexes(40),
    "google oauth": "ya29." + chars(60),
    "google client secret": "GOCSPX-" + chars(28),
    "google api": "AIza" + chars(35),
    "azure ad": "abc8Q~" + chars(34),
    "new relic": "NRAK-" + _caps(27),
    "new relic licence": hexes(36) + "NRAL",
    "dynatrace": "dt0c01." + _caps(24) + "." + _caps(64),
    "grafana": "glsa_" + chars(32) + "_" + hexes(8),
    "grafana cloud": "glc_" + chars(60),
    "sentry": "sntryu_" + hexes(64),
    "honeycomb": "hcaik_" + chars(58),
    "linear": "lin_api_" + chars(40),
    "vault": "hvs." + chars(95),
    "vault batch": "hvb." + chars(140),
    "terraform": chars(14) + ".atlasv1." + chars(64),
    "doppler": "dp.pt." + chars(43),
    "1password": "ops_eyJ" + chars(250),
    "age": "AGE-SECRET-KEY-1" + _caps(58),
    "pulumi": "pul-" + hexes(40),
    "hugging face": "hf_" + chars(34),
    "perplexity": "pplx-" + chars(48),
    "groq": "gsk_" + chars(52),
    "databricks": "dapi" + hexes(32),
    "openai": "sk-proj-" + chars(74) + "T3BlbkFJ" + chars(74),
    "anthropic": "sk-ant-api03-" + chars(93) + "AA",
    "shopify": "shpat_" + hexes(32),
    "square": "sq0atp-" + chars(22),
    "square access": "EAAA" + chars(60),
    "easypost": "EZAK" + chars(54),
    "facebook": "EAAC" + chars(120),
    "razorpay": "rzp_live_" + chars(14),
    "atlassian": "ATATT3" + chars(186),
    "bitbucket": "ATBB" + chars(32),
    "notion": "ntn_" + chars(46),
    "postman": "PMAK-" + hexes(24) + "-" + hexes(34),
    "circleci": "CCIPAT_" + chars(40),
    "buildkite": "bkua_" + hexes(40),
    "planetscale": "pscale_pw_" + chars(43),
    "figma": "figd_" + chars(40),
    "aiven": "AVNS_" + chars(20),
    "octopus": "API-" + _caps(26),
    "sonarqube": "squ_" + hexes(40),
    "tailscale": "tskey-auth-" + chars(32),
    "maxmind": chars(6) + "_" + chars(29) + "_mmk",
    "telegram": "1234567890:AA" + chars(33),
    "midwatch": "mw_" + hexes(8) + "_" + chars(43),
    "jwt": "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0" + chars(20) + "." + chars(43),
    "okta": "SSWS 00" + chars(40),
    "private key in base64": b64("-----BEGIN RSA PRIVATE" + " KEY-----\n" + chars(200)),
}

# Settings whose name tells what they hold; X stands for the secret.
SETTINGS = (
    "DB_PASSWORD", "password", "spring.datasource.password", "dbPassword", "REDIS_PASS", "MYSQL_ROOT_PASSWORD", "passphrase", "pwd",
    "client_secret", "clientSecret", "SECRET_KEY", "secret-key-base", "access_token", "refreshToken", "api_key", "apiKey", "X-Api-Key",
    "auth_token", "AWS_SECRET_ACCESS_KEY", "aws_session_token", "privateKey", "encryption_key", "AccountKey", "JWT_SECRET",
    "credentials", "webhook_secret", "DD_API_KEY", "NEW_RELIC_LICENSE_KEY", "PAGERDUTY_TOKEN", "VAULT_TOKEN", "SLACK_SIGNING_SECRET",
    "OKTA_CLIENT_TOKEN", "CLOUDFLARE_API_TOKEN", "HEROKU_API_KEY", "client-key-data", "sasl.jaas.password", "requirepass", "userPassword",
)  # fmt: skip

CARRIERS: dict[str, Callable[[str, str], str]] = {
    "env": lambda name, x: f"{name}={x}",
    "log line": lambda name, x: f"2026-11-27T10:00:00Z INFO starting with {name}={x} on port 8080",
    "logfmt": lambda name, x: f'level=info msg=started {name}="{x}" port=8080',
    "json": lambda name, x: json.dumps({"level": "info", name: x, "port": 8080}),
    "json in json": lambda name, x: json.dumps({"msg": json.dumps({name: x, "port": 8080})}),
    "json in json in json": lambda name, x: json.dumps({"log": json.dumps({"msg": json.dumps({name: x, "port": 1})})}),
    "pretty json": lambda name, x: json.dumps({"a": {name: x}}, indent=2),
    "python": lambda name, x: f"config = {{'{name}': '{x}', 'port': 8080}}",
    "ruby": lambda name, x: f'{{"{name}"=>"{x}", "port"=>8080}}',
    "yaml": lambda name, x: f"database:\n  host: db\n  {name}: {x}\n  port: 5432\n",
    "quoted yaml": lambda name, x: f"- {name}: '{x}'\n- port: 5432\n",
    "ini": lambda name, x: f"[db]\nhost = db\n{name} = {x}\nport = 5432\n",
    "properties": lambda name, x: f"host=db\n{name}={x}\nport=5432\n",
    "xml": lambda name, x: f"<db><host>db</host><{name}>{x}</{name}></db>",
    "query": lambda name, x: f"GET /login?user=shop&{name}={x}&page=2 HTTP/1.1",
    "object": lambda name, x: json.dumps({"env": [{"name": name, "value": x}]}),
    "object in yaml": lambda name, x: f"env:\n- name: {name}\n  value: {x}\n- name: PORT\n  value: '1'\n",
    "flag": lambda name, x: f"server --{name} {x} --port 8080",
    "flag with =": lambda name, x: f"server --{name}={x} --port 8080",
    "words": lambda name, x: json.dumps(["server", f"--{name}", x, "--port", "8080"]),
    "html": lambda name, x: f"{{&quot;{name}&quot;:&quot;{x}&quot;}}",
}

# What stands by itself: (the text, the parts that must not stay).
TEXTS: dict[str, tuple[str, tuple[str, ...]]] = {
    "@ in an address": (f"connect postgres://shop:{SYMBOLS}@db:5432/shop failed", (SYMBOLS, "w0rd")),
    "mysql address": (f"mysql://root:{SYMBOLS}@db/app", (SYMBOLS, "w0rd")),
    "mongodb+srv": (f"mongodb+srv://app:{PASSWORD}@cluster0.abc.mongodb.net/app?retryWrites=true", (PASSWORD,)),
    "mongodb with several hosts": (f"mongodb://app:{PASSWORD}@a:27017,b:27017/app", (PASSWORD,)),
    "redis": (f"redis://:{PASSWORD}@redis:6379/0", (PASSWORD,)),
    "redis as user": (f"rediss://{PASSWORD}@redis:6379/0", (PASSWORD,)),
    "amqp": (f"amqps://guest:{PASSWORD}@mq:5671/%2f", (PASSWORD,)),
    "http": (f"fetch https://bob:{PASSWORD}@git.example.com/a.git", (PASSWORD,)),
    "http with @": ("fetch https://bob:hun@ter2@git.example.com/a.git", ("ter2",)),
    "token as user": (f"https://{chars(40)}@github.com/acme/shop.git", (chars(40),)),
    "token as user with empty password": (f"https://{chars(32)}:@api.example.com/v1", (chars(32),)),
    "token before a scheme word": (f"https://{chars(40)}:x-oauth-basic@github.com/a", (chars(40),)),
    "sentry dsn": (f"SENTRY: https://{hexes(32)}@o1.ingest.sentry.io/2", (hexes(32),)),
    "jdbc": (f"jdbc:mysql://db:3306/shop?user=shop&password={PASSWORD}&useSSL=true", (PASSWORD,)),
    "ado.net": (f"Server=db;Database=shop;User Id=sa;Password={PASSWORD};Encrypt=True", (PASSWORD,)),
    "go driver": (f"dsn shop:{SYMBOLS.replace('@', '_').replace(':', '_')}@tcp(db:3306)/shop", ("w0rd",)),
    "libpq": (f"host=db port=5432 user=shop password={PASSWORD} dbname=shop", (PASSWORD,)),
    "libpq quoted": (f"host=db user=shop password='{WORDS}' dbname=shop", ("horse", "battery9")),
    "azure storage": (f"DefaultEndpointsProtocol=https;AccountName=a;AccountKey={chars(86)}==;EndpointSuffix=core", (chars(86),)),
    "azure bus": (f"Endpoint=sb://a.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey={chars(43)}=", (chars(43),)),
    "azure sas": (f"https://a.blob.core.windows.net/c?sv=2022&sig={chars(43)}%3D&se=2026", (chars(43),)),
    "aws presigned": (f"https://b.s3.amazonaws.com/k?X-Amz-Signature={hexes(64)}&X-Amz-Security-Token={chars(80)}", (hexes(64), chars(80))),
    "bearer": (f"Authorization: Bearer {chars(24)}", (chars(24),)),
    "bearer in json": (json.dumps({"headers": {"Authorization": f"Bearer {chars(24)}"}}), (chars(24),)),
    "bearer in json in json": (json.dumps({"m": json.dumps({"authorization": f"Bearer {chars(24)}"})}), (chars(24),)),
    "basic": (f"authorization: Basic {b64('bob:' + PASSWORD)}", (b64("bob:" + PASSWORD),)),
    "basic in json": (json.dumps({"Authorization": [f"Basic {b64('bob:' + PASSWORD)}"]}), (b64("bob:" + PASSWORD),)),
    "basic in logfmt": (f'msg=proxy authorization="Basic {b64("bob:" + PASSWORD)}" status=401', (b64("bob:" + PASSWORD),)),
    "proxy": (f"> Proxy-Authorization: Basic {b64('bob:' + PASSWORD)}\r\n", (b64("bob:" + PASSWORD),)),
    "token scheme": (f"Authorization: Token token={chars(20)}", (chars(20),)),
    "digest": (f'Authorization: Digest username="bob", realm="x", nonce="{hexes(16)}", response="{hexes(32)}"', (hexes(32),)),
    "aws4": (
        f"Authorization: AWS4-HMAC-SHA256 Credential={'AKIA' + _caps(16)}/20261127/eu/s3/aws4_request, "
        f"SignedHeaders=host, Signature={hexes(64)}",
        (hexes(64),),
    ),
    "raw header": (f"authorization: {chars(32)}", (chars(32),)),
    "genie": (f"Authorization: GenieKey {hexes(8)}-{hexes(12)}", (hexes(12),)),
    "cookie": (f"Cookie: theme=dark; session={chars(20)}; id=x1", (chars(20), "x1")),
    "set-cookie": (f"< Set-Cookie: sid={chars(20)}; Path=/; HttpOnly", (chars(20),)),
    "cookie in json": (json.dumps({"headers": {"cookie": f"sid={chars(20)}; a=b"}}), (chars(20),)),
    "cookies in json in json": (json.dumps({"m": json.dumps({"Set-Cookie": [f"sid={chars(20)}; Path=/"]})}), (chars(20),)),
    "vault header": (f"X-Vault-Token: s.{chars(24)}", (chars(24),)),
    "gitlab header": (f'curl -H "PRIVATE-TOKEN: {chars(20)}" https://gitlab', (chars(20),)),
    "api key header": (f"curl -H 'X-Api-Key: {chars(20)}' https://api", (chars(20),)),
    "mysql -p": (f"mysql -h db -u root -p{PASSWORD} shop", (PASSWORD,)),
    "mysqldump in json": (json.dumps(["mysqldump", "-uroot", f"-p{PASSWORD}", "shop"]), (PASSWORD,)),
    "mysql in a shell": (json.dumps({"command": ["sh", "-c", f"mysqladmin ping -uroot -p'{PASSWORD}'"]}), (PASSWORD,)),
    "sshpass": (f"sshpass -p {PASSWORD} ssh bob@host", (PASSWORD,)),
    "docker login": (f"docker login -u bob -p {PASSWORD} registry.example.com", (PASSWORD,)),
    "-p": (f"tool -u bob -p {PASSWORD} --host db", (PASSWORD,)),
    "redis-cli": (f"redis-cli -h redis -a {PASSWORD} ping", (PASSWORD,)),
    "redis-server": (f"redis-server --requirepass {PASSWORD} --port 6379", (PASSWORD,)),
    "curl -u": (f"curl -s -u bob:{PASSWORD} https://api.example.com", (PASSWORD,)),
    "curl --user": (f'curl --user "bob:{WORDS}" https://api.example.com', ("battery9",)),
    "ldapsearch": (f"ldapsearch -x -D cn=admin -w {PASSWORD} -b dc=x", (PASSWORD,)),
    "psql": (f"PGPASSWORD={PASSWORD} psql -h db -U shop", (PASSWORD,)),
    "pgpassword quoted": (f"export PGPASSWORD='{WORDS}'; psql", ("battery9",)),
    "openssl": (f"openssl rsa -in k.pem -passin pass:{PASSWORD}", (PASSWORD,)),
    "java property": (f"java -Dspring.datasource.password={PASSWORD} -jar app.jar", (PASSWORD,)),
    "kubectl literal": (f"kubectl create secret generic x --from-literal=password={PASSWORD}", (PASSWORD,)),
    "sql": (f"CREATE USER shop IDENTIFIED BY '{PASSWORD}'", (PASSWORD,)),
    "sql alter": (f"ALTER USER shop WITH PASSWORD '{WORDS}';", ("battery9",)),
    "is": (f"the password is {PASSWORD}", (PASSWORD,)),
    "was": (f'password was "{WORDS}" and is refused', ("battery9",)),
    "quoted in a sentence": ("the password 'Xq y9' was wrong for bob", ("Xq y9",)),
    "using": (f"cannot log in using password: {PASSWORD}", (PASSWORD,)),
    "with": (f"login failed with password {PASSWORD} for bob", (PASSWORD,)),
    "token is": (f"token is {chars(24)}, refused", (chars(24),)),
    "api key in words": (f"API key: {chars(24)} has no access", (chars(24),)),
    "invalid token": (f"invalid token: {chars(24)}", (chars(24),)),
    "go struct": (f"config: {{Host:db Password:{PASSWORD} Port:5432}}", (PASSWORD,)),
    "java object": (f"Config(host=db, password={PASSWORD}, port=5432)", (PASSWORD,)),
    "yaml block": (f"db:\n  password: |\n    {PASSWORD}\n    second9line\n  port: 1\n", (PASSWORD, "second9line")),
    "yaml with blanks": (f"db:\n  password: {WORDS}\n  port: 1\n", ("horse", "battery9")),
    "two lines": (f'password = "{PASSWORD}\nmore9of it"\nport = 1', (PASSWORD, "more9of")),
    "docker config": (json.dumps({"auths": {"r.io": {"username": "bob", "auth": b64("bob:" + PASSWORD)}}}), (b64("bob:" + PASSWORD),)),
    "docker config in json": (
        json.dumps({".dockerconfigjson": json.dumps({"auths": {"r.io": {"auth": b64("bob:" + PASSWORD)}}})}),
        (b64("bob:" + PASSWORD),),
    ),
    "npmrc": (f"//npm.example.com/:_authToken={chars(36)}", (chars(36),)),
    "netrc": (f"machine api.example.com login bob password {PASSWORD}", (PASSWORD,)),
    "kubeconfig": (f"users:\n- name: a\n  user:\n    token: {chars(40)}\n    client-key-data: {chars(80)}\n", (chars(40), chars(80))),
    "service account": (
        json.dumps({"type": "service_account", "private_key": "-----BEGIN PRIVATE" + f" KEY-----\n{chars(64)}\n-----END PRIVATE KEY-----\n"}),
        (chars(64),),
    ),
    "image with a login": (f'Failed to pull image "bob:{PASSWORD}@registry.example.com/shop:1": unauthorized', (PASSWORD,)),
    "telegram address": (f"POST https://api.telegram.org/bot123456:{chars(35)}/sendMessage", (chars(35),)),
    "percent": (f"body=user%3Dbob%26password%3D{PASSWORD}", (PASSWORD,)),
    "unicode quotes": (rf"{{\u0022password\u0022:\u0022{PASSWORD}\u0022}}", (PASSWORD,)),
    "heroku": (f"HEROKU_API_KEY={hexes(8)}-{hexes(4)}-{hexes(4)}-{hexes(4)}-{hexes(12)}", (hexes(12),)),
}  # fmt: skip


def pem(kind: str = "RSA ", lines: int = 4, gap: str = "\n") -> str:
    body = gap.join(chars(64) for _ in range(lines))
    return f"-----BEGIN {kind}PRIVATE" + f" KEY-----{gap}{body}{gap}-----END {kind}PRIVATE KEY-----"


PEMS: dict[str, str] = {
    "whole": f"key:\n{pem()}\nafter",
    "pkcs8": f"key:\n{pem('')}\nafter",
    "openssh": pem("OPENSSH "),
    "in one line": json.dumps({"key": pem("EC ")}),
    "in json in json": json.dumps({"m": json.dumps({"key": pem("EC ")})}),
    "with blanks": pem(gap=" "),
    "indented": pem(gap="\n    "),
    "without its end": pem().partition("\n-----END")[0] + "\nlistening on 8080",
    "without its beginning": pem().partition("-----\n")[2] + "\nlistening on 8080",
    "one line without its end": json.dumps(pem())[1:200],
}


def settings() -> Iterator[tuple[str, str, str]]:
    """(carrier, setting, text): each carrier with each name; the secret is PASSWORD."""
    for carrier, write in CARRIERS.items():
        for name in SETTINGS:
            yield carrier, name, write(name, PASSWORD)


# Found by looking further, after the rules stood.
MORE: tuple[str, ...] = (
    f"jdbc:oracle:thin:scott/{PASSWORD}@//db:1521/XE",
    f"sqlplus scott/{PASSWORD}@db",
    f"set-cookie: [ 'sid={PASSWORD}; Path=/' ]",
    f"rabbitmqctl add_user bob {PASSWORD}",
    f'<property name="password" value="{PASSWORD}"/>',
    f"token: !!str {PASSWORD}",
    f"Proxy password for bob: {PASSWORD}",
    f"helm upgrade x --set db.password={PASSWORD},db.host=y",
    f"map[X-Api-Key:[{PASSWORD}] Host:[a]]",
    f"docker run -e MYSQL_ROOT_PASSWORD={PASSWORD} -p 3306:3306 mysql",
    f"INFO Password changed to {PASSWORD} for bob",
    f'curl -d \'{{"password":"{PASSWORD}"}}\' https://x',
    f"\x1b[36mpassword\x1b[0m=\x1b[32m{PASSWORD}\x1b[0m",
    f'  ~ admin_password = "old8x" -> "{PASSWORD}"',
    f"Array ( [host] => db [password] => {PASSWORD} )",
    f"#0 /srv/db.php(12): PDO->__construct('mysql:host=db...', 'root', '{PASSWORD}')",
    f"#0 /srv/db.php(12): mysqli_connect('db', 'root', '{PASSWORD}')",
    f'password = """{PASSWORD} x"""',
    f"DB_PASSWORD=\\\n  {PASSWORD}",
    f"password -> {PASSWORD}",
    f"password\u00a0=\u00a0{PASSWORD}",
    f'{{default_pass, <<"{PASSWORD}">>}}',
    f'wpa: psk="{PASSWORD}"',
    f"the password for admin is {PASSWORD}",
    f"keytool -list -storepass {PASSWORD} -keystore k.jks",
    f"curl -H 'PRIVATE-TOKEN: {PASSWORD}' https://x",
    f'proxy_set_header X-Api-Key "{PASSWORD}";',
    f"requirepass {PASSWORD}",
    f'"AUTH" "default" "{PASSWORD}"',
    f"echo {PASSWORD} | docker login -u bob --password-stdin",
    f"redirect=https%3A%2F%2Fbob%3A{PASSWORD}%40db.test%2Fx",
    f"POST https://x.test/reset-password/{PASSWORD}{MIXED}",
    f"Pgpass: PGPASS={PASSWORD}",
    f"pwd1={PASSWORD}",
    f"GITHUB_PAT={PASSWORD}",
    f"ENCRYPTION_SALT={PASSWORD}",
    f'  ~ password                  = "{PASSWORD}" -> (known after apply)',
    f'master_password: "old8x" => "{PASSWORD}"',
    f"password = <<-EOT\n    {PASSWORD}\nEOT\nport = 1",
    f"rawHeaders: [ 'Set-Cookie', 'sid={PASSWORD}; Path=/', 'Host', 'a' ]",
    f'[["user", "bob"], ["password", "{PASSWORD}"]]',
    f'{{"m": "[[\\"api_key\\", \\"{PASSWORD}\\"]]"}}',
    f'<property name="hibernate.connection.password">{PASSWORD}</property>',
    f"$cfg['Servers'][$i]['password'] = '{PASSWORD}';",
    f'{{:headers, [{{"accept", "a"}}, {{"x-api-key", "{PASSWORD}"}}]}}',
    f"[(b'host', b'a'), (b'x-api-key', b'{PASSWORD}')]",
    f"A temporary password is generated for root@localhost: {PASSWORD}",
    f"Your initial password is: {PASSWORD}",
    f"cannot bind with bindpw {PASSWORD}",
    f"ldap_default_authtok = {PASSWORD}",
    f"GET /q?filter=%7B%22password%22%3A%22{PASSWORD}%22%7D HTTP/1.1",
    f'PlainLoginModule required\n username="admin"\n user_alice="{PASSWORD}";',
)

# Further secrets with what of them must be gone.
ENCODED: tuple[tuple[str, str], ...] = (
    (f"AUTH PLAIN {b64(chr(0) + 'bob' + chr(0) + PASSWORD)}", b64(chr(0) + "bob" + chr(0) + PASSWORD)),
    (f"DB_URL_B64={b64(f'postgres://bob:{PASSWORD}@db/x')}", b64(f"postgres://bob:{PASSWORD}@db/x")),
    (f".dockerconfigjson: {b64(json.dumps({'auths': {'r': {'auth': PASSWORD}}}, separators=(',', ':')))}", "ImF1dGgi"),
    (f"Unseal Key 1: {b64(MIXED)}", b64(MIXED)),
    (json.dumps({"cookies": [["theme", "dark"], ["sessionid", MIXED]]}), MIXED),
    (f"use the following password to proceed to installation:\n\n{hexes(32)}\n", hexes(32)),
)
