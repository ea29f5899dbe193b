import BallastBytes

/// The packages that the policy knows, and the names that run code in any other.
enum PickleNames {
  /// The top-level modules of Python 3 and 2, `sys.stdlib_module_names` and what older ones had.
  static let standardLibrary = words(
    """
    BaseHTTPServer Bastion CDROM CGIHTTPServer Canvas ConfigParser Cookie DLFCN Dialog
    DocXMLRPCServer FL FileDialog FixTk GL HTMLParser IN MacOS MimeWriter Queue ScrolledText
    SimpleDialog SimpleHTTPServer SimpleXMLRPCServer SocketServer StringIO TYPES Tix Tkconstants
    Tkdnd Tkinter UserDict UserList UserString _LWPCookieJar _MozillaCookieJar __builtin__
    __future__ __hello__ __phello__ _abc _abcoll _aix_support _android_support _apple_support
    _ast _asyncio _bisect _blake2 _bootlocale _bootsubprocess _bz2 _codecs _codecs_cn _codecs_hk
    _codecs_iso2022 _codecs_jp _codecs_kr _codecs_tw _collections _collections_abc _colorize
    _compat_pickle _compression _contextvars _crypt _csv _ctypes _ctypes_test _curses
    _curses_panel _datetime _dbm _decimal _dummy_thread _dummy_threading _elementtree
    _frozen_importlib _frozen_importlib_external _functools _gdbm _hashlib _heapq _hmac _hotshot
    _imp _interpchannels _interpqueues _interpreters _io _ios_support _json _locale _lsprof
    _lzma _markupbase _md5 _missing_stdlib_info _msi _multibytecodec _multiprocessing _opcode
    _opcode_metadata _operator _osx_support _overlapped _peg_parser _pickle _posixshmem
    _posixsubprocess _py_abc _pydatetime _pydecimal _pyio _pylong _pyrepl _queue _random
    _remote_debugging _scproxy _sha _sha1 _sha2 _sha256 _sha3 _sha512 _signal _sitebuiltins
    _socket _sqlite3 _sre _ssl _stat _statistics _string _strptime _struct _subprocess
    _suggestions _symtable _sysconfig _testbuffer _testcapi _testclinic _testclinic_limited
    _testexternalinspection _testimportmultiple _testinternalcapi _testlimitedcapi
    _testmultiphase _testsinglephase _thread _threading_local _tkinter _tokenize _tracemalloc
    _types _typing _uuid _warnings _weakref _weakrefset _winapi _winreg _wmi _xxinterpchannels
    _xxsubinterpreters _xxtestfuzz _zoneinfo _zstd abc aifc annotationlib antigravity anydbm
    argparse array ast asynchat asyncio asyncore atexit audiodev audioop base64 bdb binascii
    binhex bisect bsddb builtins bundlebuilder bz2 cPickle cProfile cStringIO calendar ce
    cfmfile cgi cgitb chunk cmath cmd code codecs codeop collections colorsys commands
    compileall compiler compression concurrent configparser contextlib contextvars cookielib
    copy copy_reg copyreg crypt csv ctypes curses dataclasses datetime dbhash dbm decimal
    difflib dircache dis distutils dl doctest dos dumbdbm dummy_thread dummy_threading email
    encodings ensurepip enum errno exceptions faulthandler fcntl filecmp fileinput findertools
    fl fnmatch formatter fpformat fractions ftplib functools future_builtins gc gdbm genericpath
    getopt getpass gettext gl glob graphlib grp gzip hashlib heapq hmac hotshot html
    htmlentitydefs htmllib http httplib ic icopen idlelib ihooks imageop imaplib imghdr imp
    importlib imputil inspect io ipaddress itertools json keyword lib2to3 linecache
    linuxaudiodev locale logging lzma mac macerrors macostools macpath macurl2path mailbox
    mailcap markupbase marshal math md5 mhlib mimetools mimetypes mimify mmap modulefinder
    msilib msvcrt multifile multiprocessing mutex netrc new nis nntplib nt ntpath nturl2path
    numbers opcode operator optparse os os2 os2emxpath ossaudiodev parser pathlib pdb pickle
    pickletools pipes pkgutil platform plistlib popen2 poplib posix posixfile posixpath pprint
    profile pstats pty pwd py_compile pyclbr pydoc pydoc_data pyexpat queue quopri random re
    readline repr reprlib resource rexec rfc822 riscos riscospath rlcompleter robotparser runpy
    sched secrets select selectors sets sgmllib sha shelve shlex shutil signal site smtpd
    smtplib sndhdr socket socketserver spwd sqlite3 sre sre_compile sre_constants sre_parse ssl
    stat statistics statvfs string stringold stringprep strop struct subprocess sunau sunaudio
    symbol symtable sys sysconfig syslog tabnanny tarfile telnetlib tempfile termios test
    test.test_support textwrap this thread threading time timeit tkColorChooser tkCommonDialog
    tkFileDialog tkFont tkMessageBox tkSimpleDialog tkinter toaiff token tokenize tomllib trace
    traceback tracemalloc ttk tty turtle turtledemo types typing unicodedata unittest urllib
    urllib2 urlparse user uu uuid venv warnings wave weakref webbrowser whichdb winreg winsound
    wsgiref xdrlib xml xmllib xmlrpc xmlrpclib xx xxlimited xxlimited_35 xxsubtype zipapp
    zipfile zipimport zlib zoneinfo
    DLLs Lib Scripts Tools _ast_unparse _math_integer _py_warnings profiling
    """
  )

  /// What installs and builds packages.
  static let installers = words(
    "pip setuptools pkg_resources _distutils_hack wheel easy_install ensurepip build conda"
  )

  /// Libraries whose data classes are known; the rest of them reaches compilers, files and Python.
  static let libraries = words(
    "torch torchgen functorch caffe2 numpy"
  )

  /// Packages that start processes, talk to networks, or evaluate and load code.
  static let processes = words(
    """
    Cython IPython Pyro4 _cffi_backend _pytest aiofiles aiohttp asyncssh attr attrs boto boto3
    botocore
    celery cffi click cloudpickle code cppyy dask delegator dill discord distributed django docker
    envoy eventlet execnet executor fabric filelock flask flask_shell fsspec ftputil future gcsfs gevent
    git gunicorn httpcore httplib2 httpx impacket invoke ipykernel isympy jinja2 jsonpickle
    jupyter_client kubernetes mako markupsafe mpmath nbconvert networkx nose numba numexpr paramiko past pexpect pexpect
    plumbum psutil ptyprocess pwn pyautogui pybind11 pycurl pydash pynput pyscreeze pysftp
    pytest pythoncom pyximport ray requests rpyc s3fs scapy sh six slack_sdk smart_open sympy
    telegram telethon tornado triton twisted typing_extensions urllib3 websocket websockets werkzeug wget win32api
    win32com win32pipe win32process wmi xonsh yaml zmq
    """
  )

  /// Names that run code in whatever module they are found: modules import them from the library.
  static let borrowed = words(
    """
    CodeType FunctionType Pickler Popen Unpickler UnsafeLoader _Pickler _Unpickler _getattribute _load _loads attrgetter
    builtins call check_call check_output compile decode_long
    delattr encode_long eval exec exec_ execfile execl execle execlp execv execve execvp execvpe find_class fork full_load
    full_load_all
    getattr getoutput getstatusoutput import_by_path import_module import_string importlib load
    load_all load_formatter_from_file load_inst load_lexer_from_file load_pickle load_reduce loads methodcaller nt open os
    partial popen popen2 popen3 popen4 posix pty read_pickle rmtree run runcall runctx runeval runfunc runpy setattr shutil
    socket spawn spawnl spawnv subprocess sys system urlopen urlretrieve
    """
  )

  /// Modules of other packages that are such packages, which those bring along.
  static let processModules = ["joblib.externals"]

  /// The words that such names may also have in them, between underscores.
  static let borrowedWords = ["eval", "exec"]

  /// What such names may also start with.
  static let borrowedStarts = ["run_", "_run_", "unsafe_load"]

  /// What runs texts as code in modules of Python that are programs, too, and then are called `__main__`.
  static let borrowedOfPrograms = words(
    """
    AsyncIOInteractiveConsole CoverageResults DebugRunner DocFileCase DocTestCase DocTestParser DocTestRunner
    InteractiveColoredConsole InteractiveConsole InteractiveInterpreter _OutputRedirectingPdb
    autorange debug debug_script debug_src importfile interact main pipe_pager pipepager repeat runTest runcode runsource
    safeimport spawn_main tempfile_pager tempfilepager testfile timeit
    """
  )

  /// Where packages are installed: through these Python's library has a second name.
  static let packageFolders = [
    "dist-packages", "lib-dynload", "lib-python", "lib_pypy", "site-packages",
  ]

  /// Folders at the root of a system, where a container may be at work, in which there are such folders.
  static let rootFolders = words("proc usr")

  private static func words(_ text: String) -> Set<ExactString> {
    Set(text.split { $0 == " " || $0 == "\n" }.map { ExactString(String($0)) })
  }
}
