// Changing the kernels of a command-buffer between its enqueues (OpenCL 3.0 API 5.17.6,
// cl_khr_command_buffer_mutable_dispatch).
#include "runtime/api/api.hpp"
#include "runtime/api/command.hpp"
#include "runtime/api/info.hpp"
#include "runtime/core/command_buffer.hpp"

namespace kiesel::runtime::api {
namespace {

using Dispatch = MutableCommand::Dispatch;

struct Update {
  MutableCommand* command;
  Dispatch dispatch;
};

Outcome<> check_fields(const MutableCommand& command, const MutableDispatchConfig& config) {
  Context& context = command.buffer().context();
  const struct {
    cl_mutable_dispatch_fields_khr field;
    bool changed;
    const char* what;
  } rows[] = {
      {CL_MUTABLE_DISPATCH_GLOBAL_OFFSET_KHR, config.global_work_offset != nullptr, "global offset"},
      {CL_MUTABLE_DISPATCH_GLOBAL_SIZE_KHR, config.global_work_size != nullptr, "global size"},
      {CL_MUTABLE_DISPATCH_LOCAL_SIZE_KHR, config.local_work_size != nullptr, "local size"},
      {CL_MUTABLE_DISPATCH_ARGUMENTS_KHR, config.num_args || config.num_svm_args, "arguments"},
      {CL_MUTABLE_DISPATCH_EXEC_INFO_KHR, config.num_exec_infos != 0, "execution information"},
  };
  for (const auto& row : rows)
    KIESEL_REQUIRE(!row.changed || (command.fields() & row.field), context, CL_INVALID_OPERATION,
                   fmt::format("the command was recorded with a {} that stays", row.what));
  const bool lists = (config.num_args == 0) == (config.arg_list == nullptr) &&
                     (config.num_svm_args == 0) == (config.arg_svm_list == nullptr) &&
                     (config.num_exec_infos == 0) == (config.exec_info_list == nullptr);
  KIESEL_REQUIRE(lists, context, CL_INVALID_VALUE, "a list and its length do not agree");
  return {};
}

void set_sizes(std::array<size_t, 3>& sizes, cl_uint dimensions, const size_t* given) {
  if (given) std::copy_n(given, dimensions, sizes.begin());
}

// What the command becomes; it stays as it is.
Outcome<Dispatch> changed(const Dispatch& before, const MutableDispatchConfig& config) {
  Dispatch out = before;
  out.kernel = before.kernel->clone();
  for (cl_uint i = 0; i < config.num_args; ++i) {
    const auto& argument = config.arg_list[i];
    KIESEL_CHECK(out.kernel->set_argument(argument.arg_index, argument.arg_size, argument.arg_value));
  }
  for (cl_uint i = 0; i < config.num_svm_args; ++i) {
    const auto& argument = config.arg_svm_list[i];
    KIESEL_CHECK(out.kernel->set_svm_argument(argument.arg_index, argument.arg_value));
  }
  for (cl_uint i = 0; i < config.num_exec_infos; ++i) {
    const auto& info = config.exec_info_list[i];
    KIESEL_CHECK(set_exec_info(*out.kernel, info.param_name, info.param_value_size, info.param_value));
  }
  set_sizes(out.offset, out.dimensions, config.global_work_offset);
  set_sizes(out.global, out.dimensions, config.global_work_size);
  set_sizes(out.local, out.dimensions, config.local_work_size);
  out.local_given = out.local_given || config.local_work_size;
  return out;
}

// Whether all work-groups have the size that is given; a size of 0 is told by later checks.
bool is_uniform(const Dispatch& dispatch) {
  for (cl_uint i = 0; i < dispatch.dimensions; ++i)
    if (dispatch.local[i] && dispatch.global[i] % dispatch.local[i]) return false;
  return true;
}

// Later changes of one command build on earlier ones.
Outcome<> apply(const CommandBuffer& buffer, const MutableDispatchConfig& config,
                std::vector<Update>& updates) {
  Context& context = buffer.context();
  auto* command = find<MutableCommand>(config.command);
  KIESEL_REQUIRE(command && &command->buffer() == &buffer, context, CL_INVALID_MUTABLE_COMMAND_KHR,
                 "no command of the command-buffer");
  KIESEL_CHECK(check_fields(*command, config));
  auto update = std::find_if(updates.begin(), updates.end(),
                             [&](const Update& other) { return other.command == command; });
  if (update == updates.end()) update = updates.insert(update, {command, command->dispatch()});
  KIESEL_REQUIRE(config.work_dim == 0 || config.work_dim == update->dispatch.dimensions, context,
                 CL_INVALID_OPERATION,
                 fmt::format("the command was recorded with {} dimensions, not {}",
                             update->dispatch.dimensions, config.work_dim));
  KIESEL_TRY(dispatch, changed(update->dispatch, config));
  KIESEL_REQUIRE(!update->dispatch.local_given || is_uniform(dispatch) == is_uniform(update->dispatch),
                 context, CL_INVALID_OPERATION,
                 "work-groups of one size cannot become work-groups of several, nor the other way round");
  update->dispatch = std::move(dispatch);
  return {};
}

}  // namespace

cl_int clUpdateMutableCommandsKHR(cl_command_buffer_khr handle, cl_uint num_configs,
                                  const cl_command_buffer_update_type_khr* types, const void** configs) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(buffer, valid<CommandBuffer>(handle));
    Context& context = buffer->context();
    KIESEL_REQUIRE(buffer->finalized(), context, CL_INVALID_OPERATION, "the command-buffer is not finalized");
    KIESEL_REQUIRE(buffer->is_mutable(), context, CL_INVALID_OPERATION,
                   "the command-buffer was created without CL_COMMAND_BUFFER_MUTABLE_KHR");
    KIESEL_REQUIRE((num_configs == 0) == (types == nullptr) && (num_configs == 0) == (configs == nullptr),
                   context, CL_INVALID_VALUE, "the lists and their length do not agree");
    std::vector<Update> updates;
    for (cl_uint i = 0; i < num_configs; ++i) {
      KIESEL_REQUIRE(types[i] == kUpdateDispatch, context, CL_INVALID_VALUE,
                     fmt::format("there is no update type {}", types[i]));
      KIESEL_REQUIRE(configs[i], context, CL_INVALID_VALUE, "an update that is NULL");
      KIESEL_CHECK(apply(*buffer, *static_cast<const MutableDispatchConfig*>(configs[i]), updates));
    }
    std::vector<std::pair<std::uint32_t, std::shared_ptr<const Event::Work>>> works;
    for (auto& [command, dispatch] : updates) {
      KIESEL_TRY(work, dispatch_work(buffer->queue(), dispatch, true));
      works.emplace_back(command->step(), std::move(work));
    }
    buffer->replace(works);
    for (auto& [command, dispatch] : updates) command->set_dispatch(std::move(dispatch));
    return {};
  }());
}

cl_int clGetMutableCommandInfoKHR(cl_mutable_command_khr handle, cl_mutable_command_info_khr name,
                                  size_t size, void* value, size_t* size_ret) {
  return status([&]() -> Outcome<> {
    KIESEL_TRY(command, valid<MutableCommand>(handle));
    const Answer answer(size, value, size_ret);
    const auto dispatch = command->dispatch();
    const auto sizes = [&](const std::array<size_t, 3>& all) {
      return answer.bytes(all.data(), dispatch.dimensions * sizeof(size_t));
    };
    switch (name) {
      case CL_MUTABLE_COMMAND_COMMAND_QUEUE_KHR:
        return answer.value(cl_handle(command->buffer().queue()));
      case CL_MUTABLE_COMMAND_COMMAND_BUFFER_KHR:
        return answer.value(cl_handle(command->buffer()));
      case CL_MUTABLE_COMMAND_COMMAND_TYPE_KHR:
        return answer.value(cl_command_type{CL_COMMAND_NDRANGE_KERNEL});
      case CL_MUTABLE_DISPATCH_PROPERTIES_ARRAY_KHR:  // by now of all commands
        return answer.array(command->given_properties());
      case CL_MUTABLE_DISPATCH_KERNEL_KHR:
        return answer.value(cl_handle(command->kernel()));
      case CL_MUTABLE_DISPATCH_DIMENSIONS_KHR:
        return answer.value(dispatch.dimensions);
      case CL_MUTABLE_DISPATCH_GLOBAL_WORK_OFFSET_KHR:
        return sizes(dispatch.offset);
      case CL_MUTABLE_DISPATCH_GLOBAL_WORK_SIZE_KHR:
        return sizes(dispatch.global);
      case CL_MUTABLE_DISPATCH_LOCAL_WORK_SIZE_KHR:
        return sizes(dispatch.local);
      default:
        return Answer::unknown(name);
    }
  }());
}

}  // namespace kiesel::runtime::api
