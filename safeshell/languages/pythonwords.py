"""What Python's own names do: which only compute or read, and which remove, overwrite or run something.

Rows are data. A module stands here with the names that may be used of it, never as a whole: most modules
carry others along (`json.codecs.open`). What must not live here: syntax.
Meanings from the library reference of Python 3.
"""

from __future__ import annotations

from safeshell.model.effects import Effect
from safeshell.model.values import dataclass

_READING = {
    "sys": "argv stdin stdout stderr version version_info platform maxsize byteorder executable path exit getsizeof "
    "getrecursionlimit getdefaultencoding getfilesystemencoding implementation hexversion prefix float_info",
    "os": "environ getenv getcwd getpid getppid getuid geteuid getgid cpu_count uname getloadavg listdir scandir walk stat "
    "lstat access sep linesep pathsep name curdir statvfs get_terminal_size urandom getlogin sched_getaffinity",
    "os.path": "join exists basename dirname isdir isfile islink abspath realpath expanduser expandvars getsize getmtime "
    "getctime split splitext normpath relpath commonpath commonprefix ismount isabs sep lexists",
    "json": "loads dumps load dump JSONDecodeError",
    "re": "match search fullmatch findall finditer sub subn split escape compile I M S X A IGNORECASE MULTILINE DOTALL "
    "VERBOSE ASCII error",
    "math": "*",
    "cmath": "*",
    "statistics": "mean fmean median median_low median_high mode multimode stdev pstdev variance pvariance quantiles "
    "correlation harmonic_mean geometric_mean",
    "random": "random randint randrange choice choices sample shuffle uniform gauss seed",
    "string": "ascii_letters ascii_lowercase ascii_uppercase digits hexdigits punctuation printable whitespace Template capwords",
    "itertools": "*",
    "collections": "Counter defaultdict OrderedDict deque namedtuple ChainMap",
    "functools": "reduce partial cmp_to_key lru_cache cache",
    "operator": "itemgetter add sub mul truediv floordiv mod eq ne lt le gt ge and_ or_ xor neg not_ contains",
    "datetime": "datetime date time timedelta timezone UTC MINYEAR MAXYEAR",
    "time": "time time_ns sleep strftime strptime gmtime localtime mktime ctime asctime perf_counter monotonic "
    "process_time timezone tzname",
    "calendar": "monthrange timegm isleap month calendar day_name month_name weekday",
    "zoneinfo": "ZoneInfo available_timezones",
    "base64": "b64encode b64decode urlsafe_b64encode urlsafe_b64decode b32encode b32decode b16encode b16decode "
    "standard_b64encode standard_b64decode b85encode b85decode",
    "binascii": "hexlify unhexlify crc32 a2b_hex b2a_hex a2b_base64 b2a_base64",
    "hashlib": "md5 sha1 sha224 sha256 sha384 sha512 sha3_256 sha3_512 blake2b blake2s new pbkdf2_hmac scrypt file_digest "
    "algorithms_available algorithms_guaranteed",
    "hmac": "new digest compare_digest",
    "secrets": "token_hex token_urlsafe token_bytes choice randbelow compare_digest",
    "uuid": "uuid1 uuid3 uuid4 uuid5 UUID NAMESPACE_DNS NAMESPACE_URL",
    "struct": "pack unpack unpack_from calcsize iter_unpack",
    "zlib": "compress decompress crc32 adler32",
    "gzip": "compress decompress",
    "bz2": "compress decompress",
    "lzma": "compress decompress",
    "textwrap": "dedent indent wrap fill shorten",
    "shlex": "quote split join",
    "csv": "reader DictReader writer DictWriter QUOTE_ALL QUOTE_MINIMAL QUOTE_NONE QUOTE_NONNUMERIC",
    "ipaddress": "ip_address ip_network ip_interface IPv4Address IPv4Network IPv6Address IPv6Network summarize_address_range "
    "collapse_addresses",
    "socket": "gethostname getfqdn gethostbyname gethostbyname_ex gethostbyaddr getaddrinfo getservbyname getservbyport "
    "inet_aton inet_ntoa inet_pton inet_ntop AF_INET AF_INET6 SOCK_STREAM htons ntohs gaierror",
    "urllib.parse": "quote quote_plus unquote unquote_plus urlparse urlsplit urlunparse urlencode parse_qs parse_qsl urljoin",
    "html": "escape unescape",
    "platform": "node system release version machine platform python_version uname processor python_implementation",
    "getpass": "getuser",
    "pprint": "pprint pformat pp",
    "decimal": "Decimal getcontext ROUND_HALF_UP ROUND_HALF_EVEN",
    "fractions": "Fraction",
    "difflib": "unified_diff ndiff get_close_matches context_diff SequenceMatcher",
    "glob": "glob iglob escape",
    "fnmatch": "fnmatch filter fnmatchcase translate",
    "unicodedata": "name lookup normalize category",
    "locale": "getlocale getpreferredencoding",
    "ast": "literal_eval",
    "tomllib": "load loads",
    "yaml": "safe_load safe_load_all safe_dump dump YAMLError",
    "xml.etree.ElementTree": "fromstring tostring",
    "importlib.metadata": "version distributions metadata requires",
    "ssl": "OPENSSL_VERSION create_default_context get_server_certificate",
    "traceback": "print_exc format_exc",
    "enum": "",
    "typing": "Any Optional Union List Dict Tuple Iterable Callable",
}
"""Module -> the names of it that only compute or read; `*` for a module that holds nothing else."""

READING = {module: frozenset(names.split()) for module, names in _READING.items()}
BUILTINS = frozenset(
    [
        "abs",
        "all",
        "any",
        "ascii",
        "bin",
        "bool",
        "bytearray",
        "bytes",
        "callable",
        "chr",
        "complex",
        "dict",
        "divmod",
        "enumerate",
        "filter",
        "float",
        "format",
        "frozenset",
        "hash",
        "hex",
        "id",
        "input",
        "int",
        "isinstance",
        "issubclass",
        "iter",
        "len",
        "list",
        "map",
        "max",
        "min",
        "next",
        "object",
        "oct",
        "ord",
        "pow",
        "print",
        "range",
        "repr",
        "reversed",
        "round",
        "set",
        "slice",
        "sorted",
        "str",
        "sum",
        "tuple",
        "type",
        "zip",
        "exit",
        "quit",
        "Ellipsis",
        "NotImplemented",
        "__name__",
        "__file__",
        "Exception",
        "ArithmeticError",
        "AssertionError",
        "AttributeError",
        "EOFError",
        "FileNotFoundError",
        "IndexError",
        "KeyError",
        "KeyboardInterrupt",
        "LookupError",
        "OSError",
        "IOError",
        "OverflowError",
        "PermissionError",
        "RuntimeError",
        "StopIteration",
        "SystemExit",
        "TypeError",
        "UnicodeDecodeError",
        "UnicodeError",
        "ValueError",
        "ZeroDivisionError",
        "BrokenPipeError",
        "ConnectionError",
        "TimeoutError",
        "JSONDecodeError",
    ]
)
"""Built-in names that only compute, read standard input or write standard output."""

OPENS = frozenset({"open", "io.open", "codecs.open", "gzip.open", "bz2.open", "lzma.open"})
"""Functions of (path, mode): they read where the mode is one of READ_MODES or absent."""
READ_MODES = frozenset({"r", "rb", "rt", "br", "tr", "rU"})
OPEN_OPTIONS = frozenset({"mode", "encoding", "errors", "newline", "buffering"})
FETCHES = {
    "urllib.request.urlopen": frozenset({"timeout", "context"}),
    "requests.get": frozenset({"timeout", "params", "headers", "auth", "verify", "allow_redirects", "cookies"}),
    "requests.head": frozenset({"timeout", "params", "headers", "auth", "verify", "allow_redirects", "cookies"}),
}
"""Functions that ask a server for something, with the options beside the address that change nothing about that."""


@dataclass(frozen=True, slots=True)
class Deed:
    """What a call does to the path that is its argument number `at`."""

    effect: Effect
    reason: str
    at: int = 0
    recursive: bool = False


_REMOVES = Deed(Effect.DESTROYS_DATA, "removes a file for good")
DEEDS = {
    "os.remove": _REMOVES,
    "os.unlink": _REMOVES,
    "os.rmdir": Deed(Effect.DESTROYS_DATA, "removes a directory"),
    "os.removedirs": Deed(Effect.DESTROYS_DATA, "removes directories"),
    "shutil.rmtree": Deed(Effect.DESTROYS_DATA, "removes a directory and everything in it", recursive=True),
    "os.truncate": Deed(Effect.DESTROYS_DATA, "cuts a file short"),
    "os.rename": Deed(Effect.DESTROYS_DATA, "moves a file away, over another one perhaps"),
    "os.replace": Deed(Effect.DESTROYS_DATA, "moves a file away, over another one perhaps"),
    "shutil.move": Deed(Effect.DESTROYS_DATA, "moves files away"),
    "shutil.copy": Deed(Effect.DESTROYS_DATA, "replaces a file", at=1),
    "shutil.copyfile": Deed(Effect.DESTROYS_DATA, "replaces a file", at=1),
    "os.chmod": Deed(Effect.WRITES, "changes permissions"),
    "os.chown": Deed(Effect.WRITES, "changes the owner"),
    "os.mkdir": Deed(Effect.WRITES, "makes a directory"),
    "os.makedirs": Deed(Effect.WRITES, "makes directories"),
    "os.kill": Deed(Effect.STOPS_SERVICE, "sends a signal to a process", at=-1),
    "os.killpg": Deed(Effect.STOPS_SERVICE, "sends a signal to processes", at=-1),
}
"""Calls that change something, by their full name; -1 where no argument is a path."""

SHELLS = frozenset(
    {"os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput", "commands.getoutput"}
)
"""Calls whose text a shell runs."""
PROGRAMS = frozenset(
    {"subprocess.run", "subprocess.call", "subprocess.check_call", "subprocess.check_output", "subprocess.Popen"}
)
"""Calls that run a list of words, or a text by a shell."""
