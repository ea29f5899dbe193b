/// The names that the policy knows.
///
/// Python's, torch's and NumPy's own lists of their modules and classes were the source; a name that
/// a later version adds is dangerous until it is added here.
enum PickleNames {
  /// Names that make data and nothing else: what torch's `weights_only` allows, the containers and
  /// records that training scripts put beside their tensors, and the classes of modules and
  /// optimizers that whole models are pickled with.
  static let data = PickleNameList(
    """
    builtins set frozenset bytearray bytes complex object list dict tuple int float str bool
    builtins slice range
    __builtin__ set frozenset bytearray bytes complex object list dict tuple int float str bool
    __builtin__ slice range long unicode xrange
    collections OrderedDict Counter defaultdict deque
    _codecs encode
    copyreg _reconstructor __newobj__ __newobj_ex__
    copy_reg _reconstructor __newobj__
    argparse Namespace
    pathlib Path PurePath PosixPath PurePosixPath WindowsPath PureWindowsPath
    pathlib._local Path PurePath PosixPath PurePosixPath WindowsPath PureWindowsPath
    datetime datetime date time timedelta timezone
    numpy bool bool_ int8 int16 int32 int64 uint8 uint16 uint32 uint64 intc uintc longlong
    numpy ulonglong float16 float32 float64 longdouble float128 complex64 complex128 clongdouble
    numpy complex256 str_ bytes_ unicode_ string_ object_ void datetime64 timedelta64 ndarray
    numpy dtype
    numpy.dtypes BoolDType Int8DType Int16DType Int32DType Int64DType UInt8DType UInt16DType
    numpy.dtypes UInt32DType UInt64DType LongDType ULongDType LongLongDType ULongLongDType
    numpy.dtypes Float16DType Float32DType Float64DType LongDoubleDType Complex64DType
    numpy.dtypes Complex128DType CLongDoubleDType StrDType BytesDType ObjectDType VoidDType
    numpy.dtypes DateTime64DType TimeDelta64DType
    numpy.core.multiarray _reconstruct scalar
    numpy._core.multiarray _reconstruct scalar
    numpy.core.numeric _frombuffer
    numpy._core.numeric _frombuffer
    torch Tensor Size device bfloat16 bits16 bits1x8 bits2x4 bits4x2 bits8 bool complex128
    torch complex32 complex64 device float16 float32 float4_e2m1fn_x2 float64 float8_e4m3fn
    torch float8_e4m3fnuz float8_e5m2 float8_e5m2fnuz float8_e8m0fnu int1 int16 int2 int3 int32
    torch int4 int5 int6 int64 int7 int8 per_channel_affine per_channel_affine_float_qparams
    torch per_channel_symmetric per_tensor_affine per_tensor_symmetric qint32 qint8 quint2x4
    torch quint4x2 quint8 uint1 uint16 uint2 uint3 uint32 uint4 uint5 uint6 uint64 uint7 uint8
    torch DoubleStorage FloatStorage HalfStorage LongStorage IntStorage ShortStorage CharStorage
    torch ByteStorage BoolStorage BFloat16Storage ComplexDoubleStorage ComplexFloatStorage
    torch QUInt8Storage QInt8Storage QInt32Storage QUInt4x2Storage QUInt2x4Storage DoubleTensor
    torch FloatTensor HalfTensor LongTensor IntTensor ShortTensor CharTensor ByteTensor
    torch BoolTensor BFloat16Tensor
    torch.cuda DoubleStorage FloatStorage HalfStorage LongStorage IntStorage ShortStorage
    torch.cuda CharStorage ByteStorage BoolStorage BFloat16Storage ComplexDoubleStorage
    torch.cuda ComplexFloatStorage DoubleTensor FloatTensor HalfTensor LongTensor IntTensor
    torch.cuda ShortTensor CharTensor ByteTensor BoolTensor BFloat16Tensor
    torch.sparse DoubleTensor FloatTensor HalfTensor LongTensor IntTensor ShortTensor CharTensor
    torch.sparse ByteTensor BFloat16Tensor
    torch.cuda.sparse DoubleTensor FloatTensor HalfTensor LongTensor IntTensor ShortTensor
    torch.cuda.sparse CharTensor ByteTensor BFloat16Tensor
    torch.storage TypedStorage UntypedStorage _TypedStorage _UntypedStorage
    torch.serialization _get_layout
    torch._utils _rebuild_parameter _rebuild_parameter_with_state _rebuild_qtensor
    torch._utils _rebuild_tensor _rebuild_tensor_v2 _rebuild_tensor_v3 _rebuild_sparse_tensor
    torch._utils _rebuild_meta_tensor_no_storage _rebuild_nested_tensor _rebuild_wrapper_subclass
    torch._utils _rebuild_device_tensor_from_numpy _rebuild_device_tensor_from_cpu_tensor
    torch._tensor _rebuild_from_type_v2
    torch.nn.parameter Parameter Buffer UninitializedParameter UninitializedBuffer
    torch.nn.functional relu gelu
    torch._C._nn gelu
    torch.nn.modules.activation CELU ELU GELU GLU Hardshrink Hardsigmoid Hardswish Hardtanh
    torch.nn.modules.activation LeakyReLU LogSigmoid LogSoftmax Mish MultiheadAttention PReLU
    torch.nn.modules.activation RReLU ReLU ReLU6 SELU SiLU Sigmoid Softmax Softmax2d Softmin
    torch.nn.modules.activation Softplus Softshrink Softsign Tanh Tanhshrink Threshold
    torch.nn.modules.adaptive AdaptiveLogSoftmaxWithLoss
    torch.nn.modules.batchnorm BatchNorm1d BatchNorm2d BatchNorm3d LazyBatchNorm1d
    torch.nn.modules.batchnorm LazyBatchNorm2d LazyBatchNorm3d SyncBatchNorm _BatchNorm
    torch.nn.modules.batchnorm _LazyNormBase _NormBase
    torch.nn.modules.channelshuffle ChannelShuffle
    torch.nn.modules.container ModuleDict ModuleList ParameterDict ParameterList Sequential
    torch.nn.modules.conv Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d
    torch.nn.modules.conv LazyConv1d LazyConv2d LazyConv3d LazyConvTranspose1d
    torch.nn.modules.conv LazyConvTranspose2d LazyConvTranspose3d _ConvNd _ConvTransposeMixin
    torch.nn.modules.conv _ConvTransposeNd _LazyConvXdMixin
    torch.nn.modules.distance CosineSimilarity PairwiseDistance
    torch.nn.modules.dropout AlphaDropout Dropout Dropout1d Dropout2d Dropout3d
    torch.nn.modules.dropout FeatureAlphaDropout _DropoutNd
    torch.nn.modules.flatten Flatten Unflatten
    torch.nn.modules.fold Fold Unfold
    torch.nn.modules.instancenorm InstanceNorm1d InstanceNorm2d InstanceNorm3d LazyInstanceNorm1d
    torch.nn.modules.instancenorm LazyInstanceNorm2d LazyInstanceNorm3d _InstanceNorm
    torch.nn.modules.lazy LazyModuleMixin
    torch.nn.modules.linear Bilinear Identity LazyLinear Linear NonDynamicallyQuantizableLinear
    torch.nn.modules.linear_cross_entropy_options LinearCrossEntropyOptions
    torch.nn.modules.loss BCELoss BCEWithLogitsLoss CTCLoss CosineEmbeddingLoss CrossEntropyLoss
    torch.nn.modules.loss GaussianNLLLoss HingeEmbeddingLoss HuberLoss KLDivLoss L1Loss
    torch.nn.modules.loss LinearCrossEntropyLoss MSELoss MarginRankingLoss MultiLabelMarginLoss
    torch.nn.modules.loss MultiLabelSoftMarginLoss MultiMarginLoss NLLLoss NLLLoss2d
    torch.nn.modules.loss PoissonNLLLoss SmoothL1Loss SoftMarginLoss TripletMarginLoss
    torch.nn.modules.loss TripletMarginWithDistanceLoss _Loss _WeightedLoss
    torch.nn.modules.module Module
    torch.nn.modules.normalization CrossMapLRN2d GroupNorm LayerNorm LocalResponseNorm RMSNorm
    torch.nn.modules.padding CircularPad1d CircularPad2d CircularPad3d ConstantPad1d
    torch.nn.modules.padding ConstantPad2d ConstantPad3d ReflectionPad1d ReflectionPad2d
    torch.nn.modules.padding ReflectionPad3d ReplicationPad1d ReplicationPad2d ReplicationPad3d
    torch.nn.modules.padding ZeroPad1d ZeroPad2d ZeroPad3d _CircularPadNd _ConstantPadNd
    torch.nn.modules.padding _ReflectionPadNd _ReplicationPadNd
    torch.nn.modules.pixelshuffle PixelShuffle PixelUnshuffle
    torch.nn.modules.pooling AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveAvgPool3d
    torch.nn.modules.pooling AdaptiveMaxPool1d AdaptiveMaxPool2d AdaptiveMaxPool3d AvgPool1d
    torch.nn.modules.pooling AvgPool2d AvgPool3d FractionalMaxPool2d FractionalMaxPool3d LPPool1d
    torch.nn.modules.pooling LPPool2d LPPool3d MaxPool1d MaxPool2d MaxPool3d MaxUnpool1d
    torch.nn.modules.pooling MaxUnpool2d MaxUnpool3d _AdaptiveAvgPoolNd _AdaptiveMaxPoolNd
    torch.nn.modules.pooling _AvgPoolNd _LPPoolNd _MaxPoolNd _MaxUnpoolNd
    torch.nn.modules.rnn GRU GRUCell LSTM LSTMCell RNN RNNBase RNNCell RNNCellBase
    torch.nn.modules.sparse Embedding EmbeddingBag
    torch.nn.modules.transformer Transformer TransformerDecoder TransformerDecoderLayer
    torch.nn.modules.transformer TransformerEncoder TransformerEncoderLayer
    torch.nn.modules.upsampling Upsample UpsamplingBilinear2d UpsamplingNearest2d
    torch.optim.adadelta Adadelta
    torch.optim.adagrad Adagrad
    torch.optim.adam Adam
    torch.optim.adamax Adamax
    torch.optim.adamw AdamW
    torch.optim.asgd ASGD
    torch.optim.lbfgs LBFGS
    torch.optim.lr_scheduler ChainedScheduler ConstantLR CosineAnnealingLR
    torch.optim.lr_scheduler CosineAnnealingWarmRestarts CyclicLR ExponentialLR LRScheduler
    torch.optim.lr_scheduler LambdaLR LinearLR MultiStepLR MultiplicativeLR OneCycleLR
    torch.optim.lr_scheduler PolynomialLR ReduceLROnPlateau SequentialLR StepLR _LRScheduler
    torch.optim.nadam NAdam
    torch.optim.optimizer Optimizer _RequiredParameter
    torch.optim.radam RAdam
    torch.optim.rmsprop RMSprop
    torch.optim.rprop Rprop
    torch.optim.sgd SGD
    torch.optim.sparse_adam SparseAdam
    torch.optim.swa_utils AveragedModel SWALR
    """
  )

  /// The top-level modules of Python 3 and 2, `sys.stdlib_module_names` and what older ones had.
  static let standardLibrary = words(
    """
    BaseHTTPServer Bastion CGIHTTPServer ConfigParser Cookie Dialog DocXMLRPCServer FL
    FileDialog GL HTMLParser MacOS MimeWriter Queue ScrolledText SimpleDialog SimpleHTTPServer
    SimpleXMLRPCServer SocketServer StringIO Tix Tkconstants Tkdnd Tkinter UserDict UserList
    UserString _LWPCookieJar _MozillaCookieJar __builtin__ __future__ __hello__ __phello__ _abc
    _abcoll _aix_support _android_support _apple_support _ast _asyncio _bisect _blake2
    _bootlocale _bootsubprocess _bz2 _codecs _codecs_cn _codecs_hk _codecs_iso2022 _codecs_jp
    _codecs_kr _codecs_tw _collections _collections_abc _colorize _compat_pickle _compression
    _contextvars _crypt _csv _ctypes _ctypes_test _curses _curses_panel _datetime _dbm _decimal
    _dummy_thread _dummy_threading _elementtree _frozen_importlib _frozen_importlib_external
    _functools _gdbm _hashlib _heapq _hmac _hotshot _imp _interpchannels _interpqueues
    _interpreters _io _ios_support _json _locale _lsprof _lzma _markupbase _md5
    _missing_stdlib_info _msi _multibytecodec _multiprocessing _opcode _opcode_metadata
    _operator _osx_support _overlapped _pickle _posixshmem _posixsubprocess _py_abc _pydatetime
    _pydecimal _pyio _pylong _pyrepl _queue _random _remote_debugging _scproxy _sha1 _sha2
    _sha256 _sha3 _sha512 _signal _sitebuiltins _socket _sqlite3 _sre _ssl _stat _statistics
    _string _strptime _struct _subprocess _suggestions _symtable _sysconfig _testbuffer
    _testcapi _testclinic _testimportmultiple _testinternalcapi _testlimitedcapi _testmultiphase
    _testsinglephase _thread _threading_local _tkinter _tokenize _tracemalloc _types _typing
    _uuid _warnings _weakref _weakrefset _winapi _winreg _xxinterpchannels _xxsubinterpreters
    _xxtestfuzz _zoneinfo _zstd abc aifc annotationlib antigravity anydbm argparse array ast
    asynchat asyncio asyncore atexit audiodev audioop base64 bdb binascii binhex bisect bsddb
    builtins bundlebuilder bz2 cPickle cProfile cStringIO calendar ce cfmfile cgi cgitb chunk
    cmath cmd code codecs codeop collections colorsys commands compileall compiler compression
    concurrent configparser contextlib contextvars cookielib copy copy_reg copyreg crypt csv
    ctypes curses dataclasses datetime dbhash dbm decimal difflib dircache dis distutils dl
    doctest dos dumbdbm dummy_thread dummy_threading email encodings ensurepip enum errno
    exceptions faulthandler fcntl filecmp fileinput findertools fl fnmatch formatter fpformat
    fractions ftplib functools future_builtins gc gdbm genericpath getopt getpass gettext gl
    glob graphlib grp gzip hashlib heapq hmac hotshot html htmlentitydefs htmllib http httplib
    ic icopen idlelib ihooks imageop imaplib imghdr imp importlib imputil inspect io ipaddress
    itertools json keyword lib2to3 linecache locale logging lzma mac macerrors macostools
    macpath macurl2path mailbox mailcap markupbase marshal math md5 mhlib mimetools mimetypes
    mimify mmap modulefinder msilib msvcrt multifile multiprocessing mutex netrc new nis nntplib
    nt ntpath nturl2path numbers opcode operator optparse os os2 os2emxpath ossaudiodev parser
    pathlib pdb pickle pickletools pipes pkgutil platform plistlib popen2 poplib posix posixfile
    posixpath pprint profile pstats pty pwd py_compile pyclbr pydoc pydoc_data pyexpat queue
    quopri random re readline repr reprlib resource rexec riscos riscospath rlcompleter
    robotparser runpy sched secrets select selectors sets sgmllib sha shelve shlex shutil signal
    site smtpd smtplib sndhdr socket socketserver spwd sqlite3 sre sre_compile sre_constants
    sre_parse ssl stat statistics statvfs string stringold stringprep strop struct subprocess
    sunau sunaudio symbol symtable sys sysconfig syslog tabnanny tarfile telnetlib tempfile
    termios test test.test_support textwrap this thread threading time timeit tkColorChooser
    tkCommonDialog tkFileDialog tkFont tkMessageBox tkSimpleDialog tkinter toaiff token tokenize
    tomllib trace traceback tracemalloc ttk tty turtle turtledemo types typing unicodedata
    unittest urllib urllib2 urlparse user uu uuid venv warnings wave weakref webbrowser whichdb
    winreg winsound wsgiref xdrlib xml xmllib xmlrpc xmlrpclib xx xxlimited xxsubtype zipapp
    zipfile zipimport zlib zoneinfo
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
    Cython IPython Pyro4 _cffi_backend _pytest aiofiles aiohttp asyncssh boto boto3 botocore
    celery cffi cloudpickle code cppyy dask delegator dill discord distributed django docker
    envoy eventlet execnet executor fabric flask flask_shell fsspec ftputil future gcsfs gevent
    git gunicorn httpcore httplib2 httpx impacket invoke ipykernel jinja2 jsonpickle
    jupyter_client kubernetes mako nbconvert nose numba numexpr paramiko past pexpect pexpect
    plumbum psutil ptyprocess pwn pyautogui pybind11 pycurl pydash pynput pyscreeze pysftp
    pytest pythoncom pyximport ray requests rpyc s3fs scapy sh six slack_sdk smart_open sympy
    telegram telethon tornado twisted urllib3 websocket websockets werkzeug wget win32api
    win32com win32pipe win32process wmi xonsh zmq
    """
  )

  /// Names that run code in whatever module they are found: modules import them from the library.
  static let borrowed = words(
    """
    CodeType FunctionType Popen attrgetter builtins call check_call check_output compile
    delattr eval exec exec_ execfile execl execle execlp execv execve execvp execvpe fork
    getattr getoutput getstatusoutput import_by_path import_module import_string
    importlib load_pickle load loads methodcaller nt open os partial popen
    popen2 popen3 popen4 posix pty read_pickle rmtree run_code run_module run_path runpy
    setattr shutil socket spawn spawnl spawnv subprocess sys system urlopen urlretrieve
    """
  )

  private static func words(_ text: String) -> Set<String> {
    Set(text.split { $0 == " " || $0 == "\n" }.map(String.init))
  }
}
