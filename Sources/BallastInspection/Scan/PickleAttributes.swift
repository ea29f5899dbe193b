import BallastBytes

/// Attributes that change what code of Python's or torch's own does with an object, by their names.
///
/// An attribute hides the method of its name from whoever calls that, and what is called in its place may be
/// any object of the pickle. torch also calls the methods of what it keeps in some attributes, and takes
/// those for dictionaries.
enum PickleAttributes {
  /// What the keys of a dictionary would do as attributes.
  struct Traits: OptionSet {
    let rawValue: UInt16

    /// They hide methods of a module, a hook or a data set.
    static let hidesModule = Traits(rawValue: 1)
    static let hidesOptimizer = Traits(rawValue: 2)
    static let hidesScheduler = Traits(rawValue: 4)
    /// They hide methods of a dictionary or a list.
    static let hidesContainer = Traits(rawValue: 8)
    /// Something else than a dictionary stands where a module has one.
    static let oddModule = Traits(rawValue: 16)
    /// The same of an optimizer, which has a list besides.
    static let oddOptimizer = Traits(rawValue: 32)
    /// A type of NumPy is a value: called in place of a function, it makes views of memory.
    static let holdsArrayTypes = Traits(rawValue: 64)
    /// An object is a value, whose methods could be called.
    static let holdsObjects = Traits(rawValue: 128)
    /// They hide methods of a record, which it calls when it is put into words.
    static let hidesRecord = Traits(rawValue: 256)
    /// Something else than its tensors, places or parts stands where a data set has them.
    static let oddDataset = Traits(rawValue: 512)
    /// Something else than a list or a dictionary stands where Python's own classes of such keep theirs.
    static let oddContainer = Traits(rawValue: 1024)
    /// Something else than a list or a set stands where modules have one while they are loaded.
    static let oddList = Traits(rawValue: 2048)
  }

  /// What an attribute of a name hides.
  static let hidden: [ExactString: Traits] = {
    var hidden: [ExactString: Traits] = [:]
    for (names, trait) in [
      (modules, Traits.hidesModule), (optimizers, .hidesOptimizer),
      (schedulers, .hidesScheduler), (containers, .hidesContainer), (records, .hidesRecord),
    ] {
      for name in words(names) { hidden[name, default: []].insert(trait) }
    }
    return hidden
  }()

  /// What torch takes for dictionaries in a module, and in an optimizer.
  static let moduleDictionaries = Set(
    words(
      """
      _parameters _buffers _modules _backward_hooks _backward_pre_hooks _forward_hooks
      _forward_hooks_with_kwargs _forward_hooks_always_called _forward_pre_hooks
      _forward_pre_hooks_with_kwargs _state_dict_hooks _state_dict_pre_hooks
      _load_state_dict_pre_hooks _load_state_dict_post_hooks
      """
    )
  )
  static let optimizerDictionaries = Set(
    words(
      """
      defaults state _optimizer_step_pre_hooks _optimizer_step_post_hooks
      _optimizer_state_dict_pre_hooks _optimizer_state_dict_post_hooks
      _optimizer_load_state_dict_pre_hooks _optimizer_load_state_dict_post_hooks
      """
    )
  )

  /// What recurrent modules take for lists while they are loaded.
  static let moduleLists = Set(words("_flat_weights _flat_weights_names _all_weights all_weights"))

  /// What NumPy, torch and Python ask objects for by name, and modules look for in their dictionaries.
  static func isProtocol(_ name: String) -> Bool {
    protocols.contains { name.utf8.starts(with: $0.utf8) }
  }

  /// Whether letters behind two underscores are those of such a name.
  static func isProtocol(behindUnderscores letters: some Collection<UInt8>) -> Bool {
    protocolLetters.contains { letters.starts(with: $0) }
  }

  private static let protocolLetters = protocols.map { Array($0.utf8.dropFirst(2)) }

  private static let protocols = [
    "__array", "__cuda_array_interface__", "__dlpack", "__torch_function", "__torch_dispatch",
    "__buffer__", "__setstate__",
    "__getstate__", "__reduce", "__getnewargs", "__deepcopy__", "__copy__",
    "__prepare_scriptable__",
  ]

  /// The methods of the classes of modules that `PickleDataNames` has, of weight norms and data sets.
  private static let modules = """
    _adjust _apply _apply_instance_norm _call_impl _ceil_div _check_input_dim
    _check_non_zero_input_channels _compute_batch_chunk_size _conv_forward _ff_block
    _fill_padding_idx_with_zero _get_abs_string_index _get_backward_hooks
    _get_backward_pre_hooks _get_full_log_prob _get_in_channels _get_item_by_idx _get_name
    _get_no_batch_dim _get_num_spatial_dims _handle_no_batch_input _infer_parameters
    _init_flat_weights _key_to_attr _lazy_load_hook _load_from_state_dict
    _maybe_warn_non_full_backward_hook _mha_block _named_members _output_padding
    _register_load_state_dict_pre_hook _register_state_dict_hook _replicate_for_data_parallel
    _require_tuple_int _reset_parameters _resolve_auto_acc_dtype _sa_block _save_to_state_dict
    _slow_forward _update_flat_weights _weights_have_changed _wrapped_call_impl add_module
    all_weights append apply bfloat16 buffers check_forward_args check_hidden_size check_input
    children clear cls_to_become compile compute_weight convert_sync_batchnorm copy cpu cuda
    cummulative_sizes cumsum double eval extend extra_repr flatten_parameters float forward
    from_pretrained fromkeys gather generate_square_subsequent_mask get get_buffer
    get_expected_cell_size get_expected_hidden_size get_extra_state get_parameter get_submodule
    half has_uninitialized_params initialize_parameters insert ipu items keys load_state_dict
    log_prob merge_masks modules mtia named_buffers named_children named_modules
    named_parameters parallel_apply parameters permute_hidden pop popitem predict
    register_backward_hook register_buffer register_forward_hook register_forward_pre_hook
    register_full_backward_hook register_full_backward_pre_hook
    register_load_state_dict_post_hook register_load_state_dict_pre_hook register_module
    register_parameter register_state_dict_post_hook register_state_dict_pre_hook remove
    replicate requires_grad_ reset_parameters reset_running_stats scatter set_extra_state
    set_submodule setdefault share_memory state_dict to to_empty train type update
    update_parameters values xpu zero_grad
    """

  /// Those of its optimizers.
  private static let optimizers = """
    OptimizerPostHook OptimizerPreHook _accelerator_graph_capture_health_check _add_grad
    _clone_param _cuda_graph_capture_health_check _directional_evaluate _gather_flat_grad
    _group_tensors_by_device_and_dtype _init_group _numel _optimizer_step_code
    _patch_step_function _process_value_according_to_param_policy _set_param add_param_group
    load_state_dict profile_hook_step register_load_state_dict_post_hook
    register_load_state_dict_pre_hook register_state_dict_post_hook register_state_dict_pre_hook
    register_step_post_hook register_step_pre_hook share_memory state_dict step zero_grad
    """

  /// Those of its schedulers.
  private static let schedulers = """
    _anneal_func _annealing_cos _annealing_linear _cosine_anneal _exp_range_scale_fn
    _get_closed_form_lr _get_initial_lr _init_is_better _init_scale_fn _initial_step _is_better
    _linear_anneal _reduce_lr _reset _set_anneal_func _triangular2_scale_fn _triangular_scale_fn
    _update_lr get_last_lr get_lr in_cooldown load_state_dict recursive_undo scale_fn state_dict
    step
    """

  /// Those of Python's dictionaries, lists, and what is derived from them.
  private static let containers = """
    append clear copy count elements extend fromkeys get index insert items keys most_common
    move_to_end new_child pop popitem remove reverse setdefault sort subtract total update
    values
    """

  /// Those of `argparse.Namespace`.
  private static let records = "_get_args _get_kwargs"

  private static func words(_ text: String) -> [ExactString] {
    text.split { $0 == " " || $0 == "\n" }.map { ExactString(String($0)) }
  }
}
