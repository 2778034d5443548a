#!/usr/bin/env escript
%% Erlang's OpenCL bindings: the squares of some numbers, compared with Erlang's own.
main(_) ->
    {ok, [Platform | _]} = cl:get_platform_ids(),
    {ok, [Device | _]} = cl:get_device_ids(Platform, all),
    {ok, Context} = cl:create_context([Device]),
    {ok, Queue} = cl:create_queue(Context, Device, []),
    Source = <<"__kernel void square(__global const float *in, __global float *out)\n"
               "{ size_t i = get_global_id(0); out[i] = in[i] * in[i]; }\n">>,
    {ok, Program} = cl:create_program_with_source(Context, Source),
    ok = cl:build_program(Program, [Device], ""),
    {ok, Kernel} = cl:create_kernel(Program, "square"),
    Count = 1024,
    {ok, Input} = cl:create_buffer(Context, [read_only], 4 * Count),
    {ok, Output} = cl:create_buffer(Context, [write_only], 4 * Count),
    Numbers = << <<(X * 1.0):32/native-float>> || X <- lists:seq(1, Count) >>,
    {ok, Written} = cl:enqueue_write_buffer(Queue, Input, 0, 4 * Count, Numbers, []),
    ok = cl:set_kernel_arg(Kernel, 0, Input),
    ok = cl:set_kernel_arg(Kernel, 1, Output),
    {ok, Run} = cl:enqueue_nd_range_kernel(Queue, Kernel, [Count], [32], [Written]),
    {ok, Read} = cl:enqueue_read_buffer(Queue, Output, 0, 4 * Count, [Run]),
    {ok, Found} = cl:wait(Read, 20000),
    Squares = << <<(X * X * 1.0):32/native-float>> || X <- lists:seq(1, Count) >>,
    io:format("~s~n", [case Found of Squares -> "all right"; _ -> "wrong" end]).
