import BallastBytes

/// The names that make data and nothing else, by what picklers do with them; `PickleCalls` has those
/// that take arguments.
///
/// They are what torch's `weights_only` allows, the records that training scripts put beside their
/// tensors, and the classes of modules and optimizers that whole models are pickled with. Python's,
/// torch's and NumPy's own lists of their classes were the source; a name that a later version adds is
/// dangerous until it is added here.
enum PickleDataNames {
  /// Types that stand as arguments or as values and are never called: NumPy's scalars called with the
  /// wrong object are a view of all memory.
  static let types = """
    __builtin__ int float str bool list dict tuple long unicode Ellipsis NotImplemented
    builtins int float str bool list dict tuple Ellipsis NotImplemented
    numpy bool bool_ int8 int16 int32 int64 uint8 uint16 uint32 uint64 intc uintc longlong
    numpy ulonglong float16 float32 float64 longdouble float128 complex64 complex128 clongdouble
    numpy complex256 str_ bytes_ unicode_ string_ object_ void datetime64 timedelta64 ndarray
    numpy.dtypes BoolDType Int8DType Int16DType Int32DType Int64DType UInt8DType UInt16DType
    numpy.dtypes UInt32DType UInt64DType LongDType ULongDType LongLongDType ULongLongDType
    numpy.dtypes Float16DType Float32DType Float64DType LongDoubleDType Complex64DType
    numpy.dtypes Complex128DType CLongDoubleDType StrDType BytesDType ObjectDType VoidDType
    numpy.dtypes DateTime64DType TimeDelta64DType
    numpy matrix
    numpy.matrixlib.defmatrix matrix
    numpy.ma MaskedArray
    numpy.ma.core MaskedArray
    numpy.random._mt19937 MT19937
    numpy.random._pcg64 PCG64 PCG64DXSM
    numpy.random._philox Philox
    numpy.random._sfc64 SFC64
    numpy.random.bit_generator SeedSequence
    torch Tensor bfloat16 bits16 bits1x8 bits2x4 bits4x2 bits8 bool complex128 complex32
    torch complex64 float16 float32 float4_e2m1fn_x2 float64 float8_e4m3fn float8_e4m3fnuz
    torch float8_e5m2 float8_e5m2fnuz float8_e8m0fnu int1 int16 int2 int3 int32 int4 int5 int6
    torch int64 int7 int8 per_channel_affine per_channel_affine_float_qparams
    torch per_channel_symmetric per_tensor_affine per_tensor_symmetric qint32 qint8 quint2x4
    torch quint4x2 quint8 uint1 uint16 uint2 uint3 uint32 uint4 uint5 uint6 uint64 uint7 uint8
    torch DoubleStorage FloatStorage HalfStorage LongStorage IntStorage ShortStorage CharStorage
    torch ByteStorage BoolStorage BFloat16Storage ComplexDoubleStorage ComplexFloatStorage
    torch QUInt8Storage QInt8Storage QInt32Storage QUInt4x2Storage QUInt2x4Storage DoubleTensor
    torch FloatTensor HalfTensor LongTensor IntTensor ShortTensor CharTensor ByteTensor
    torch BoolTensor BFloat16Tensor
    torch._C._nn gelu
    torch.cuda DoubleStorage FloatStorage HalfStorage LongStorage IntStorage ShortStorage
    torch.cuda CharStorage ByteStorage BoolStorage BFloat16Storage ComplexDoubleStorage
    torch.cuda ComplexFloatStorage DoubleTensor FloatTensor HalfTensor LongTensor IntTensor
    torch.cuda ShortTensor CharTensor ByteTensor BoolTensor BFloat16Tensor
    torch.cuda.sparse DoubleTensor FloatTensor HalfTensor LongTensor IntTensor ShortTensor
    torch.cuda.sparse CharTensor ByteTensor BFloat16Tensor
    torch.nn.functional relu gelu silu mish relu6 leaky_relu elu selu hardswish hardsigmoid hardtanh
    torch.nn.functional tanh sigmoid softmax log_softmax
    torch.nn.parameter Parameter Buffer
    torch.sparse DoubleTensor FloatTensor HalfTensor LongTensor IntTensor ShortTensor CharTensor
    torch.sparse ByteTensor BFloat16Tensor
    torch.storage TypedStorage UntypedStorage _TypedStorage _UntypedStorage
    """

  /// The attributes of tensors that code of torch sets, in this version and in older ones; a pickle has
  /// none of them, since they are not kept in an object's dictionary.
  static let tensorAttributes = Set(
    """
    H T data device dtype grad grad_dtype grad_fn imag is_cpu is_cuda is_hpu is_ipu is_leaf is_lazy
    is_maia is_meta is_mkldnn is_mlc is_mps is_mtia is_nested is_ort is_privateuseone is_quantized
    is_sparse is_sparse_csr is_vulkan is_xla is_xpu itemsize layout mH mT name names nbytes ndim
    output_nr real requires_grad retains_grad shape volatile _backward_hooks _base _cdata _grad
    _grad_fn _has_symbolic_sizes_strides _is_view _post_accumulate_grad_hooks _python_dispatch
    _version
    """.split { $0 == " " || $0 == "\n" }.map { ExactString(String($0)) }
  )

  /// Classes whose objects are made without arguments, and whose attributes BUILD then sets.
  static let classes = """
    UserDict UserDict IterableUserDict
    UserList UserList
    argparse Namespace
    collections ChainMap UserDict UserList
    types SimpleNamespace
    uuid UUID
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
    torch.nn.modules.instancenorm InstanceNorm1d InstanceNorm2d InstanceNorm3d
    torch.nn.modules.instancenorm LazyInstanceNorm1d LazyInstanceNorm2d LazyInstanceNorm3d
    torch.nn.modules.instancenorm _InstanceNorm
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
    torch.nn.modules.pooling AvgPool2d AvgPool3d FractionalMaxPool2d FractionalMaxPool3d
    torch.nn.modules.pooling LPPool1d LPPool2d LPPool3d MaxPool1d MaxPool2d MaxPool3d
    torch.nn.modules.pooling MaxUnpool1d MaxUnpool2d MaxUnpool3d _AdaptiveAvgPoolNd
    torch.nn.modules.pooling _AdaptiveMaxPoolNd _AvgPoolNd _LPPoolNd _MaxPoolNd _MaxUnpoolNd
    torch.nn.modules.rnn GRU GRUCell LSTM LSTMCell RNN RNNBase RNNCell RNNCellBase
    torch.nn.modules.sparse Embedding EmbeddingBag
    torch.nn.modules.transformer Transformer TransformerDecoder TransformerDecoderLayer
    torch.nn.modules.transformer TransformerEncoder TransformerEncoderLayer
    torch.nn.modules.upsampling Upsample UpsamplingBilinear2d UpsamplingNearest2d
    torch.nn.parallel.data_parallel DataParallel
    torch.nn.utils.weight_norm WeightNorm
    torch.utils.data.dataset TensorDataset Subset ConcatDataset
    torch.optim Adafactor Muon
    torch.optim._multi_tensor ASGD Adadelta Adagrad Adam AdamW Adamax NAdam RAdam RMSprop Rprop
    torch.optim._multi_tensor SGD
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
}
