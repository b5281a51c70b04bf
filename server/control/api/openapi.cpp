// SPDX-License-Identifier: Apache-2.0
#include "server/control/api/openapi.h"

#include "server/base/version.h"
#include "server/control/api/json_fields.h"
#include "server/control/api/wire.h"

namespace arc {

namespace {

using api::detail::Json;

Json reference(std::string_view name)
{
    return {{"$ref", fmt::format("#/components/schemas/{}", name)}};
}

std::string_view unqualified(std::string_view name)
{
    const size_t colons = name.rfind("::");
    return colons == name.npos ? name : name.substr(colons + 2);
}

/// "Snapshot" of arc::api::Snapshot, from the compiler's own text.
template <class T>
std::string typeName()
{
    const std::string_view text = __PRETTY_FUNCTION__;
    const size_t begin = text.find("T = ") + 4;
    return std::string(unqualified(text.substr(begin, text.find_first_of(";]", begin) - begin)));
}

template <class T>
Json schemaOf(Json &components);

template <api::detail::Struct T>
Json structSchema(Json &components)
{
    const std::string name = typeName<T>();
    if (components.contains(name))
        return reference(name);
    components[name] = Json::object();
    Json properties = Json::object();
    api::detail::eachField<T>([&]<class Owner, class Value>(api::Field<Owner, Value> field) {
        properties[field.name] = schemaOf<Value>(components);
    });
    components[name] = {{"type", "object"}, {"properties", std::move(properties)}};
    return reference(name);
}

template <class T>
Json schemaOf(Json &components)
{
    using namespace api::detail;
    if constexpr (Struct<T>)
        return structSchema<T>(components);
    else if constexpr (IsVector<T>::value)
        return {{"type", "array"}, {"items", schemaOf<typename T::value_type>(components)}};
    else if constexpr (IsOptional<T>::value)
        return schemaOf<typename T::value_type>(components);
    else if constexpr (std::is_same_v<T, TextMap>)
        return {{"type", "object"}, {"additionalProperties", {{"type", "string"}}}};
    else if constexpr (std::is_same_v<T, bool>)
        return {{"type", "boolean"}};
    else if constexpr (std::is_same_v<T, uint64_t>)
        return {{"type", "integer"}, {"format", "int64"}, {"minimum", 0}};
    else if constexpr (std::is_integral_v<T>)
        return {{"type", "integer"}, {"format", sizeof(T) == 8 ? "int64" : "int32"}};
    else if constexpr (std::is_floating_point_v<T>)
        return {{"type", "number"}, {"format", "double"}, {"nullable", true}};
    else
        return {{"type", "string"}};
}

Json jsonContent(Json schema)
{
    return {{"application/json", {{"schema", std::move(schema)}}}};
}

/// Path and query parameters; what is left of a POST or PATCH is the body.
template <class Request>
void addRequest(const OperationRow &row, Json &operation, Json &components)
{
    Json parameters = Json::array();
    Json body =
        Json::object(); // what stands in the path is refused in the body, so it is not shown there
    api::detail::eachField<Request>([&]<class Owner, class Value>(api::Field<Owner, Value> field) {
        const bool inPath = row.path.find(fmt::format("{{{}}}", field.name)) != row.path.npos;
        if (!inPath && !api::travelsInQuery(row.method)) {
            body[field.name] = schemaOf<Value>(components);
            return;
        }
        parameters.push_back({{"name", field.name},
                              {"in", inPath ? "path" : "query"},
                              {"required", inPath},
                              {"schema", schemaOf<Value>(components)}});
    });
    if (!parameters.empty())
        operation["parameters"] = std::move(parameters);
    if (!body.empty()) {
        const Json schema = {
            {"type", "object"}, {"properties", std::move(body)}, {"additionalProperties", false}};
        operation["requestBody"] = {{"content", jsonContent(schema)}};
    }
}

template <class Request, class Answer>
Json describe(const OperationRow &row, Json &components)
{
    Json operation = {{"operationId", row.name},
                      {"summary", row.help},
                      {"x-arcology-role", api::roleName(row.role)}};
    addRequest<Request>(row, operation, components);
    operation["responses"] = {
        {"200", {{"description", "Done."}, {"content", jsonContent(schemaOf<Answer>(components))}}},
        {"default",
         {{"description", "Refused or failed."}, {"content", jsonContent(reference("Error"))}}}};
    return operation;
}

Json errorSchema()
{
    const Json text = {{"type", "string"}};
    return {
        {"type", "object"},
        {"properties",
         {{"error", {{"type", "object"}, {"properties", {{"code", text}, {"message", text}}}}}}}};
}

} // namespace

std::string openApiDocument()
{
    Json components = {{"Error", errorSchema()}};
    Json paths = Json::object();
    const OperationRow *row = operationRows().data();
#define OPERATION(NAME, METHOD, PATH, ROLE, REQUEST, ANSWER, VERB, CONFIRM, HELP)                  \
    paths[std::string(row->path)][toLower(api::methodText(row->method))] =                         \
        describe<api::REQUEST, api::ANSWER>(*row, components);                                     \
    ++row;
#include "server/control/api/operations.def"
    const Json document = {{"openapi", "3.0.3"},
                           {"info",
                            {{"title", "Arcology admin API"},
                             {"version", kVersion},
                             {"license", {{"name", "Apache-2.0"}}}}},
                           {"servers", Json::array({{{"url", api::kPrefix}}})},
                           {"paths", std::move(paths)},
                           {"components", {{"schemas", std::move(components)}}}};
    return api::detail::print(document);
}

} // namespace arc
