#include "onednn.h"

#if !BALLAST_ONEDNN

onednn_state onednn(void) { return onednn_not_built; }

const char *onednn_version(void) { return NULL; }

bool onednn_multiply(
    float *output, size_t output_stride, onednn_matrix left, onednn_matrix right, size_t rows,
    size_t columns, size_t inner, bool accumulates) {
  (void)output, (void)output_stride, (void)left, (void)right;
  (void)rows, (void)columns, (void)inner, (void)accumulates;
  return false;
}

#elif !__has_include(<oneapi/dnnl/dnnl.h>)
#error "the trait OneDNN needs oneDNN's headers: on Debian, apt install libdnnl-dev"
#else

#include <oneapi/dnnl/dnnl.h>

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#if DNNL_VERSION_MAJOR != 2
#error "the trait OneDNN is written for oneDNN 2, whose interface version 3 has changed"
#endif

/// The functions of the library that are used.
#define FUNCTIONS(DO)                                                                             \
  DO(version)                                                                                     \
  DO(engine_create)                                                                               \
  DO(stream_create)                                                                               \
  DO(stream_wait)                                                                                 \
  DO(memory_desc_init_by_strides)                                                                 \
  DO(memory_create)                                                                               \
  DO(memory_destroy)                                                                              \
  DO(memory_set_data_handle)                                                                      \
  DO(matmul_desc_init)                                                                            \
  DO(post_ops_create)                                                                             \
  DO(post_ops_append_sum)                                                                         \
  DO(post_ops_destroy)                                                                            \
  DO(primitive_attr_create)                                                                       \
  DO(primitive_attr_set_post_ops)                                                                 \
  DO(primitive_attr_destroy)                                                                      \
  DO(primitive_desc_create)                                                                       \
  DO(primitive_desc_destroy)                                                                      \
  DO(primitive_create)                                                                            \
  DO(primitive_destroy)                                                                           \
  DO(primitive_execute)

#define DECLARE(name) static __typeof__(dnnl_##name) *name;
FUNCTIONS(DECLARE)

static dnnl_engine_t engine;
static char version_text[48];

/// A product that a thread has made: the library compiles code for each shape.
typedef struct {
  size_t rows, columns, inner, left_stride, right_stride, output_stride;
  bool left_is_transposed, right_is_transposed, accumulates;
} shape;

typedef struct {
  shape shape;
  dnnl_primitive_t primitive;
  dnnl_memory_t left, right, output;
} product;

enum {
  /// A training step has fifteen shapes, and its last batch or chunk as many others.
  PRODUCTS = 64,
};

/// Every thread has its own, as a primitive has scratch memory of its own.
static _Thread_local struct {
  dnnl_stream_t stream;
  product products[PRODUCTS];
  size_t next;
} mine;

static void discard(product *product) {
  if (product->primitive != NULL) primitive_destroy(product->primitive);
  if (product->left != NULL) memory_destroy(product->left);
  if (product->right != NULL) memory_destroy(product->right);
  if (product->output != NULL) memory_destroy(product->output);
  memset(product, 0, sizeof *product);
}

static bool describe(
    dnnl_memory_desc_t *description, size_t rows, size_t columns, size_t stride,
    bool is_transposed, dnnl_data_type_t type) {
  dnnl_dims_t sizes = {(dnnl_dim_t)rows, (dnnl_dim_t)columns};
  dnnl_dims_t strides = {(dnnl_dim_t)stride, 1};
  if (is_transposed) {
    strides[0] = 1;
    strides[1] = (dnnl_dim_t)stride;
  }
  return memory_desc_init_by_strides(description, 2, sizes, type, strides) == dnnl_success;
}

static bool make_primitive(
    dnnl_primitive_t *primitive, const dnnl_matmul_desc_t *operation, bool accumulates) {
  dnnl_primitive_attr_t attributes = NULL;
  dnnl_post_ops_t sum = NULL;
  dnnl_primitive_desc_t description = NULL;
  bool is_made = primitive_attr_create(&attributes) == dnnl_success
      && (!accumulates
          || (post_ops_create(&sum) == dnnl_success
              && post_ops_append_sum(sum, 1) == dnnl_success
              && primitive_attr_set_post_ops(attributes, sum) == dnnl_success))
      && primitive_desc_create(&description, operation, attributes, engine, NULL) == dnnl_success
      && primitive_create(primitive, description) == dnnl_success;
  if (description != NULL) primitive_desc_destroy(description);
  if (sum != NULL) post_ops_destroy(sum);
  if (attributes != NULL) primitive_attr_destroy(attributes);
  return is_made;
}

static bool make(product *product, const shape *shape) {
  dnnl_memory_desc_t left, right, output;
  dnnl_matmul_desc_t operation;
  bool is_made = describe(&left, shape->rows, shape->inner, shape->left_stride,
                          shape->left_is_transposed, dnnl_bf16)
      && describe(&right, shape->inner, shape->columns, shape->right_stride,
                  shape->right_is_transposed, dnnl_bf16)
      && describe(&output, shape->rows, shape->columns, shape->output_stride, false, dnnl_f32)
      && matmul_desc_init(&operation, &left, &right, NULL, &output) == dnnl_success
      && make_primitive(&product->primitive, &operation, shape->accumulates)
      && memory_create(&product->left, &left, engine, DNNL_MEMORY_NONE) == dnnl_success
      && memory_create(&product->right, &right, engine, DNNL_MEMORY_NONE) == dnnl_success
      && memory_create(&product->output, &output, engine, DNNL_MEMORY_NONE) == dnnl_success;
  if (!is_made) {
    discard(product);
    return false;
  }
  product->shape = *shape;
  return true;
}

/// The thread's product of a shape, made if it is new; null where that fails.
static product *find(const shape *shape) {
  for (size_t i = 0; i < PRODUCTS; i++) {
    product *product = &mine.products[i];
    if (product->primitive != NULL && memcmp(&product->shape, shape, sizeof *shape) == 0) {
      return product;
    }
  }
  product *product = &mine.products[mine.next];
  mine.next = (mine.next + 1) % PRODUCTS;
  discard(product);
  return make(product, shape) ? product : NULL;
}

static bool multiply(
    float *output, size_t output_stride, onednn_matrix left, onednn_matrix right, size_t rows,
    size_t columns, size_t inner, bool accumulates) {
  shape shape;
  memset(&shape, 0, sizeof shape);  // the gaps, too, which are compared
  shape.rows = rows;
  shape.columns = columns;
  shape.inner = inner;
  shape.left_stride = left.stride;
  shape.right_stride = right.stride;
  shape.output_stride = output_stride;
  shape.left_is_transposed = left.is_transposed;
  shape.right_is_transposed = right.is_transposed;
  shape.accumulates = accumulates;
  if (mine.stream == NULL
      && stream_create(&mine.stream, engine, dnnl_stream_default_flags) != dnnl_success) {
    mine.stream = NULL;
    return false;
  }
  product *product = find(&shape);
  if (product == NULL) return false;
  dnnl_exec_arg_t arguments[] = {
      {DNNL_ARG_SRC, product->left},
      {DNNL_ARG_WEIGHTS, product->right},
      {DNNL_ARG_DST, product->output},
  };
  // The library takes pointers to what it only reads as mutable.
  return memory_set_data_handle(product->left, (void *)(uintptr_t)left.start) == dnnl_success
      && memory_set_data_handle(product->right, (void *)(uintptr_t)right.start) == dnnl_success
      && memory_set_data_handle(product->output, output) == dnnl_success
      && primitive_execute(product->primitive, mine.stream, 3, arguments) == dnnl_success
      && stream_wait(mine.stream) == dnnl_success;
}

static onednn_state state = onednn_not_installed;

static void load(void) {
  // Read while OpenMP is loaded: callers cut their work themselves.
  setenv("OMP_NUM_THREADS", "1", 1);
  void *handle = dlopen("libdnnl.so.2", RTLD_NOW | RTLD_LOCAL);
  if (handle == NULL) return;
  // ISO C has no cast from an object's pointer to a function's; POSIX has this one.
#define FIND(name)                                                                                \
  *(void **)&name = dlsym(handle, "dnnl_" #name);                                                 \
  if (name == NULL) return;
  FUNCTIONS(FIND)
  const dnnl_version_t *found = version();
  snprintf(version_text, sizeof version_text, "%d.%d.%d", found->major, found->minor,
           found->patch);
  state = onednn_not_supported;
  if (engine_create(&engine, dnnl_cpu, 0) != dnnl_success) return;
  const uint16_t two = 0x4000;
  onednn_matrix factor = {&two, 1, false};
  float four = 0;
  if (multiply(&four, 1, factor, factor, 1, 1, 1, false) && four == 4) state = onednn_ready;
}

onednn_state onednn(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, load);
  return state;
}

const char *onednn_version(void) {
  onednn();
  return version_text[0] == 0 ? NULL : version_text;
}

bool onednn_multiply(
    float *output, size_t output_stride, onednn_matrix left, onednn_matrix right, size_t rows,
    size_t columns, size_t inner, bool accumulates) {
  return onednn() == onednn_ready
      && multiply(output, output_stride, left, right, rows, columns, inner, accumulates);
}

#endif
