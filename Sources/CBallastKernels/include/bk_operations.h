#pragma once

#include <stddef.h>
#include <stdint.h>

// Elementwise

/// output = left + right.
void bk_add(float *output, const float *left, const float *right, size_t count);
/// output += factor · input.
void bk_add_scaled(float *output, const float *input, float factor, size_t count);
/// output = factor · input.
void bk_scale(float *output, const float *input, float factor, size_t count);
/// Σ x², in double.
double bk_sum_of_squares(const float *values, size_t count);
/// sums[j] += Σ over rows of values[row, j], for `columns` columns of a matrix whose rows are
/// `stride` elements apart; accumulated in double.
void bk_add_column_sums(
    float *sums, const float *values, size_t rows, size_t columns, size_t stride);

// Products of matrices

/// A factor of a product: rows `stride` elements apart, read as they are or transposed.
typedef struct {
  const float *start;
  size_t stride;
  int is_transposed;
} bk_factor;

/// output = scale · left · right + output_scale · output, which is not read where its scale is 0.
///
/// left is [rows, inner] and right [inner, columns], once transposed. The output overlaps nothing else.
/// An element does not depend on the rows and columns that are asked for beside it. `scratch` has
/// bk_multiply_scratch floats, best aligned to a line of the cache.
void bk_multiply(
    float *output, size_t output_stride, bk_factor left, bk_factor right, size_t rows,
    size_t columns, size_t inner, float scale, float output_scale, float *scratch);
/// The floats that such a product works in.
size_t bk_multiply_scratch(size_t rows, size_t inner);

// Linear

/// output[r, o] = bias[o] + Σ input[r, i] · weight[o, i] for the `outputs` weight rows given.
/// Rows of output are `output_stride` elements apart; bias may be null.
void bk_linear_few_rows(
    float *output, const float *input, const float *weight, const float *bias, size_t rows,
    size_t inputs, size_t outputs, size_t output_stride);
/// values[r, o] += bias[o].
void bk_add_bias(
    float *values, const float *bias, size_t rows, size_t columns, size_t stride);

// Layer normalisation

/// Normalises each row; statistics in double. `mean` and `reciprocal_std` (one value a row) and
/// `bias` may be null.
void bk_layer_norm(
    float *output, float *mean, float *reciprocal_std, const float *input, const float *weight,
    const float *bias, size_t rows, size_t width, float epsilon);
/// The same output again, from the statistics that it gave.
void bk_layer_norm_again(
    float *output, const float *input, const float *weight, const float *bias, const float *mean,
    const float *reciprocal_std, size_t rows, size_t width);
/// input_gradient += the gradient through each row.
void bk_layer_norm_input_gradient(
    float *input_gradient, const float *output_gradient, const float *input, const float *weight,
    const float *mean, const float *reciprocal_std, size_t rows, size_t width);
/// weight_gradient[j] += Σ output_gradient · normalised input, bias_gradient[j] +=
/// Σ output_gradient, for the `columns` columns given; either may be null.
void bk_layer_norm_parameter_gradients(
    float *weight_gradient, float *bias_gradient, const float *output_gradient,
    const float *input, const float *mean, const float *reciprocal_std, size_t rows,
    size_t columns, size_t stride);

// Activations: output = f(input), and input_gradient = output_gradient · f'(input)

#define BK_DECLARE_ACTIVATION(name)                                                       \
  void bk_##name(float *output, const float *input, size_t count);                        \
  void bk_##name##_gradient(                                                              \
      float *input_gradient, const float *output_gradient, const float *input, size_t count);

BK_DECLARE_ACTIVATION(gelu)
BK_DECLARE_ACTIVATION(gelu_clipped)
BK_DECLARE_ACTIVATION(gelu_tanh)
BK_DECLARE_ACTIVATION(gelu_quick)
BK_DECLARE_ACTIVATION(hard_swish)
BK_DECLARE_ACTIVATION(laplace)
BK_DECLARE_ACTIVATION(leaky_relu)
BK_DECLARE_ACTIVATION(linear)
BK_DECLARE_ACTIVATION(mish)
BK_DECLARE_ACTIVATION(relu)
BK_DECLARE_ACTIVATION(relu_squared)
BK_DECLARE_ACTIVATION(relu6)
BK_DECLARE_ACTIVATION(sigmoid)
BK_DECLARE_ACTIVATION(silu)
BK_DECLARE_ACTIVATION(sqrt_softplus)
BK_DECLARE_ACTIVATION(tanh)

#undef BK_DECLARE_ACTIVATION

// Softmax, attention and cross entropy

/// In place: row r becomes softmax(row) over its first `visible + r` columns (at most `columns`),
/// and 0 beyond. Rows are `stride` elements apart; `visible` is at least 1. `log_sum_exp` (one
/// value a row) may be null.
void bk_causal_softmax(
    float *scores, float *log_sum_exp, size_t rows, size_t columns, size_t stride,
    size_t visible);
/// In place: scores become exp(score - log_sum_exp[row]) over the same columns, and 0 beyond.
void bk_causal_probabilities(
    float *scores, const float *log_sum_exp, size_t rows, size_t columns, size_t stride,
    size_t visible);
/// In place: probability_gradient becomes the gradient of the scores,
/// probability · (probability_gradient - row_dots[row]), over the same columns, and 0 beyond.
void bk_softmax_gradient(
    float *probability_gradient, const float *probabilities, const float *row_dots, size_t rows,
    size_t columns, size_t stride, size_t visible);
/// dots[r] = Σ left[r, j] · right[r, j].
void bk_row_dots(
    float *dots, const float *left, size_t left_stride, const float *right, size_t right_stride,
    size_t rows, size_t columns);
/// scores[j] = scale · query · key[j].
void bk_attention_scores(
    float *scores, const float *query, const float *keys, size_t key_stride, size_t key_count,
    size_t head_size, float scale);
/// output = Σ_j probabilities[j] · value[j].
void bk_attention_mix(
    float *output, const float *probabilities, const float *values, size_t value_stride,
    size_t key_count, size_t head_size);

// Blocks of queries of one head. Row r of a block sees its first `visible + r` columns, at most all; what
// only hidden columns would add is left out, and need not be set.

/// Columns of a panel: rows of keys, transposed.
enum { BK_ATTENTION_PANEL = 32 };
/// Packs `count` rows of `width` into panels: panels[j / 32][k][j % 32] = rows[j, k], with zeros at the end.
void bk_attention_pack(
    float *panels, const float *rows, size_t row_stride, size_t count, size_t width);
/// output[r, j] = scale · Σ left[r, k] · rows[j, k] for the packed rows j that r sees. Others may be
/// written too, up to the end of a panel, so that `output_stride` is a multiple of it.
void bk_attention_block_scores(
    float *output, size_t output_stride, const float *left, size_t left_stride,
    const float *panels, size_t rows, size_t inner, size_t columns, size_t visible, float scale);
/// output[r] = scale · Σ weights[r, k] · values[k] over the `inner` rows of `width` that r sees.
void bk_attention_block_mix(
    float *output, size_t output_stride, const float *weights, size_t weight_stride,
    const float *values, size_t value_stride, size_t rows, size_t inner, size_t width,
    size_t visible, float scale);
/// output[j] += scale · Σ weights[r, j] · values[r] over the `inner` rows r that see j, for `rows` columns j.
void bk_attention_block_gather(
    float *output, size_t output_stride, const float *weights, size_t weight_stride,
    const float *values, size_t value_stride, size_t rows, size_t inner, size_t width,
    size_t visible, float scale);

/// The loss -log softmax(logits)[target] of one row.
double bk_cross_entropy(const float *logits, size_t classes, size_t target);
/// The same, and turns the row into `scale` times the gradient of its loss.
double bk_cross_entropy_gradient(float *logits, size_t classes, size_t target, float scale);

// Dropout

/// output = input · (keep ? 1 / (1 - probability) : 0), where the decision for element i is word
/// `first + i` of the Philox stream with this seed and stream number; 0 <= probability < 1.
void bk_dropout(
    float *output, const float *input, size_t count, float probability, uint64_t seed,
    uint64_t stream, uint64_t first);
/// Four words for each of `block_count` blocks of the Philox 4x32-10 stream, from `first_block`.
void bk_philox(
    uint32_t *words, size_t block_count, uint64_t seed, uint64_t stream, uint64_t first_block);

// Optimisers

/// The scalars of one AdamW step, the same for every parameter.
typedef struct {
  float decay;                     ///< 1 - learning rate · weight decay
  float beta1_complement;          ///< 1 - β1
  float beta2;                     ///< β2
  float beta2_complement;          ///< 1 - β2
  float step_size;                 ///< learning rate / (1 - β1^t)
  float second_moment_correction;  ///< √(1 - β2^t)
  float epsilon;
  float gradient_scale;  ///< a factor on every gradient, from clipping
} bk_adamw_step;

/// One AdamW step in place; `bfloat16` gets the new parameters rounded, and may be null.
void bk_adamw(
    float *parameters, const float *gradients, float *first_moments, float *second_moments,
    uint16_t *bfloat16, size_t count, const bk_adamw_step *step);

/// The constants of one step of gradient descent.
typedef struct {
  float learning_rate;
  float momentum;
  float weight_decay;
  float gradient_scale;  ///< a factor on every gradient, from clipping
} bk_sgd_step;

/// One step of gradient descent with momentum in place; `bfloat16` gets the new parameters rounded, and may be
/// null.
void bk_sgd(
    float *parameters, const float *gradients, float *velocities, uint16_t *bfloat16,
    size_t count, const bk_sgd_step *step);
